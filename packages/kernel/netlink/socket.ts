/**
 * A netlink socket: requests in, the kernel's acknowledgements out, all in the calling thread and at once (rtnetlink
 * answers from within the send, so nothing ever waits). The socket belongs to the network namespace in which it was
 * opened, for ever.
 */
import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { koffi } from '../koffi.ts';
import { bind, bindInThread, check, SystemError } from '../libc.ts';
import { batch } from '../nftables/wire.ts';
import { attributesOf, decode, encode, NLM_F, NLMSG, readText, u32, type NetlinkMessage, type NetlinkRequest } from './message.ts';

/** What the network room needs of netlink; `recordNetlink` is its fake. */
export interface Netlink extends Disposable {
  /** Sends the requests in one go and throws the first refusal, with what the kernel said; later ones are still tried. */
  run(...requests: NetlinkRequest[]): void;
  /** Sends one request and returns its answers: the one asked for, or all of a dump. */
  query(request: NetlinkRequest): NetlinkMessage[];
}

/** A socket whose requests may wait in the kernel: each `run` in a thread, one after another. Disposed of, it takes no more and closes once the last has been answered. */
export interface NetlinkThread extends Disposable {
  /** As Netlink's. Rejects with the first refusal. */
  run(...requests: NetlinkRequest[]): Promise<void>;
}

/** The kernel's refusal of one request. `code` is the errno's name ("EEXIST"). */
export class NetlinkError extends SystemError {
  constructor(request: NetlinkRequest, errno: number, detail: string) {
    super('netlink', errno, request.about);
    if (detail) this.message += ` (${detail})`;
    this.name = 'NetlinkError';
  }
}

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const NETLINK_NETFILTER = 12;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
/** A transaction travels in one message: room for some ten thousand elements. */
const SEND_BYTES = 8 << 20;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const NLMSGERR_ATTR_MSG = 1;
const RECEIVE_BYTES = 64 * 1024;
const EINTR = 4;

const libc = {
  socket: bind<(domain: number, type: number, protocol: number) => number>('int socket(int domain, int type, int protocol)'),
  setsockopt: bind<(fd: number, level: number, name: number, value: Uint8Array, length: number) => number>('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  send: bind<(fd: number, bytes: Uint8Array, length: number, flags: number) => number>('intptr_t send(int fd, const void *bytes, size_t length, int flags)'),
  recv: bind<(fd: number, bytes: Uint8Array, length: number, flags: number) => number>('intptr_t recv(int fd, void *bytes, size_t length, int flags)'),
};

const sendInThread = bindInThread<[fd: number, bytes: Uint8Array, length: number, flags: number]>('intptr_t send(int fd, const void *bytes, size_t length, int flags)');

/** Opens an rtnetlink socket in the calling thread's network namespace. Dispose of it. */
export function openNetlink(): Netlink {
  return new Socket(openSocket(NETLINK_ROUTE));
}

/** The same for requests that wait for the kernel's lock on links, which is held for many milliseconds while namespaces go. Dispose of it. */
export function openNetlinkThread(): NetlinkThread {
  const socket = new Socket(openSocket(NETLINK_ROUTE));
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  return {
    run: async (...requests) => {
      if (isClosed) throw new TypeError('the netlink socket is closed');
      const turn = last.then(() => socket.runInThread(requests));
      last = turn.catch(() => undefined); // its caller is told
      return turn;
    },
    [Symbol.dispose]: () => {
      if (!isClosed) void last.then(() => socket[Symbol.dispose]()); // its descriptor is the thread's until then
      isClosed = true;
    },
  };
}

/** Opens a socket to nf_tables, whose every `run` is one transaction: all of the requests, or none. Dispose of it. */
export function openNetfilter(): Netlink {
  const fd = openSocket(NETLINK_NETFILTER);
  const size = u32(SEND_BYTES);
  libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, size, size.length);
  return new Socket(fd, { begin: batch('BEGIN'), end: batch('END') });
}

/** Opens a socket to connection tracking. Dispose of it. */
export function openConntrack(): Netlink {
  return new Socket(openSocket(NETLINK_NETFILTER));
}

function openSocket(protocol: number): number {
  const fd = check('socket', libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
  const on = u32(1);
  for (const option of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) libc.setsockopt(fd, SOL_NETLINK, option, on, on.length);
  return fd;
}

/** The messages around a transaction. */
interface Frame {
  readonly begin: NetlinkRequest;
  readonly end: NetlinkRequest;
}

/** Shared by every socket: requests are answered before the next one is sent. */
const received = Buffer.alloc(RECEIVE_BYTES);

class Socket implements Netlink {
  readonly #fd: number;
  readonly #frame: Frame | undefined;
  #sequence = 0;

  /** `frame`: what goes before and after every `run`, unacknowledged. */
  constructor(fd: number, frame?: Frame) {
    this.#fd = fd;
    this.#frame = frame;
  }

  run(...requests: NetlinkRequest[]): void {
    if (requests.length === 0) return;
    const { first, bytes } = this.#compose(requests, NLM_F.REQUEST | NLM_F.ACK, this.#frame);
    this.#send(bytes, requests);
    this.#takeAnswers(requests, first);
  }

  /** Another call of this socket has to wait until it resolves. */
  async runInThread(requests: readonly NetlinkRequest[]): Promise<void> {
    if (requests.length === 0) return;
    const { first, bytes } = this.#compose(requests, NLM_F.REQUEST | NLM_F.ACK);
    const sent = await sendInThread(this.#fd, bytes, bytes.length, 0);
    if (sent < 0) this.#send(bytes, requests); // nothing went, and the reason stayed with the thread: it is told here
    this.#takeAnswers(requests, first);
  }

  /** The acknowledgement of each request. Throws the first refusal. */
  #takeAnswers(requests: readonly NetlinkRequest[], first: number): void {
    let refusal: NetlinkError | undefined;
    for (let left = requests.length; left > 0; ) {
      for (const message of this.#receive()) {
        if (message.type !== NLMSG.ERROR) continue;
        // A refused transaction as a whole is told under the number of its frame.
        if (message.sequence === 0 && this.#frame) throw refusalOf(message, this.#frame.begin) ?? new TypeError('a frame was acknowledged');
        if (message.sequence < first) continue;
        left--;
        const request = requests[message.sequence - first];
        if (request) refusal ??= refusalOf(message, request);
      }
    }
    if (refusal) throw refusal;
  }

  query(request: NetlinkRequest): NetlinkMessage[] {
    const isDump = (request.flags & NLM_F.DUMP) === NLM_F.DUMP;
    const { first: sequence, bytes } = this.#compose([request], NLM_F.REQUEST);
    this.#send(bytes, [request]);
    const answers: NetlinkMessage[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if (message.type === NLMSG.DONE) return answers;
        const refusal = message.type === NLMSG.ERROR ? refusalOf(message, request) : undefined;
        if (refusal) throw refusal;
        answers.push({ ...message, body: Buffer.from(message.body) });
      }
      if (!isDump) return answers;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  /** What is sent, and the sequence number of the first request. */
  #compose(requests: readonly NetlinkRequest[], flags: number, frame?: Frame): { readonly first: number; readonly bytes: Buffer } {
    const first = this.#sequence + 1;
    this.#sequence += requests.length;
    const messages = requests.map((request, i) => encode(request, first + i, flags));
    if (frame) {
      messages.unshift(encode(frame.begin, 0, NLM_F.REQUEST));
      messages.push(encode(frame.end, 0, NLM_F.REQUEST));
    }
    return { first, bytes: Buffer.concat(messages) };
  }

  #send(bytes: Uint8Array, requests: readonly NetlinkRequest[]): void {
    check('send', libc.send(this.#fd, bytes, bytes.length, 0), requests[0]?.about);
  }

  #receive(): NetlinkMessage[] {
    for (;;) {
      const length = libc.recv(this.#fd, received, received.length, 0);
      if (length < 0 && koffi.errno() === EINTR) continue;
      return decode(received.subarray(0, check('recv', length, 'netlink')));
    }
  }
}

function refusalOf({ body, flags }: NetlinkMessage, request: NetlinkRequest): NetlinkError | undefined {
  const errno = -(endianness() === 'LE' ? body.readInt32LE(0) : body.readInt32BE(0));
  if (errno === 0) return undefined;
  // After the code comes the header of the request (CAP_ACK cuts its body off), then the kernel's own words.
  const words = flags & NLM_F.ACK_TLVS ? readText(attributesOf(body, 4 + 16).get(NLMSGERR_ATTR_MSG)) : '';
  return new NetlinkError(request, errno, words);
}

