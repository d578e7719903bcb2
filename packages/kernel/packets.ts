/** Packets over unix sockets (unix(7), SOCK_SEQPACKET), which Node does not have: CRIU's service speaks by them. */
import { closeSync } from 'node:fs';
import { bind, check } from './libc.ts';
import { receiveMessage, sendMessage, type ReceivedMessage } from './sockets.ts';
import { openUnix } from './unix-socket.ts';
import { watchReadable } from './watch.ts';

const AF_UNIX = 1;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** SOCK_SEQPACKET | SOCK_CLOEXEC. */
const kind = 5 | 0o2000000;
const SOCK_CLOEXEC = 0o2000000;
/** Bytes of a packet, at most. */
const LONGEST = 64 << 10;

const socketpair = bind<(domain: number, type: number, protocol: number, pair: Int32Array) => number>('int socketpair(int domain, int type, int protocol, int *pair)');
const listen = bind<(fd: number, backlog: number) => number>('int listen(int fd, int backlog)');
const accept4 = bind<(fd: number, address: null, length: null, flags: number) => number>('int accept4(int fd, void *address, void *length, int flags)');
const getsockopt = bind<(fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array) => number>('int getsockopt(int fd, int level, int name, uint8_t *value, uint8_t *length)');

/** Readiness of a socket that can be disposed of meanwhile. */
class WatchedSocket implements Disposable {
  readonly fd: number;
  protected open = true;
  #ended: (() => void) | undefined;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Resolves when there is something to read, or when it is disposed of. */
  protected async readable(): Promise<void> {
    if (!this.open) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    using watching = watchReadable(this.fd, resolve);
    this.#ended = () => {
      watching[Symbol.dispose](); // before the descriptor is closed
      resolve();
    };
    await promise;
  }

  [Symbol.dispose](): void {
    if (!this.open) return;
    this.open = false;
    this.#ended?.();
    closeSync(this.fd);
  }
}

/** A connected one. Who waits for a packet while it is disposed of gets the end. */
export class PacketSocket extends WatchedSocket {
  /** The process that connected, or that listened, whichever is the other side (unix(7), SO_PEERCRED). */
  get peer(): number {
    const [credentials, length] = [Buffer.alloc(12), Buffer.from([12, 0, 0, 0])];
    check('getsockopt', getsockopt(this.fd, SOL_SOCKET, SO_PEERCRED, credentials, length));
    return credentials.readInt32LE(0);
  }

  /** Throws SystemError: EPIPE when the other side has gone. */
  send(bytes: Uint8Array): void {
    sendMessage(this.fd, bytes, []);
  }

  /** The next packet, with the descriptors that came with it; no bytes at the end. Keeps no process alive. Throws SystemError. */
  async receive(): Promise<ReceivedMessage> {
    await this.readable();
    return this.open ? receiveMessage(this.fd, LONGEST) : { bytes: Buffer.alloc(0), descriptors: [] };
  }
}

/** Two that are connected: ours, and a descriptor for another program, to be closed when that has it. */
export function packetPair(): { readonly ours: PacketSocket; readonly theirs: number } {
  const pair = new Int32Array(2);
  check('socketpair', socketpair(AF_UNIX, kind, 0, pair));
  const [ours = -1, theirs = -1] = pair;
  return { ours: new PacketSocket(ours), theirs };
}

export class PacketListener extends WatchedSocket {
  /** Listens at `path`, which must not exist and stays. Throws SystemError. */
  static at(path: string): PacketListener {
    const listener = new PacketListener(openUnix(kind, 'bind', path));
    try {
      check('listen', listen(listener.fd, 1), path);
      return listener;
    } catch (error) {
      listener[Symbol.dispose]();
      throw error;
    }
  }

  /** Who connects next; undefined when it was disposed of before. Keeps no process alive. */
  async accept(): Promise<PacketSocket | undefined> {
    await this.readable();
    return this.open ? new PacketSocket(check('accept4', accept4(this.fd, null, null, SOCK_CLOEXEC))) : undefined;
  }
}
