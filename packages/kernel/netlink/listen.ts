/** Listening to what the kernel announces to netlink groups (netlink(7)), through a filter: the event loop wakes only for what passes. */
import { closeSync } from 'node:fs';
import { koffi } from '../koffi.ts';
import { addressOf, bind, check } from '../libc.ts';
import { watchReadable } from '../watch.ts';
import { decode, u32, type NetlinkMessage } from './message.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SOCKADDR_NL = 12;
const SOCK_FPROG = 16;
const RECEIVE_BYTES = 8192;
const EINTR = 4;
const EAGAIN = 11;

const libc = {
  socket: bind<(domain: number, type: number, protocol: number) => number>('int socket(int domain, int type, int protocol)'),
  bind: bind<(fd: number, address: Uint8Array, length: number) => number>('int bind(int fd, const void *address, uint32_t length)'),
  setsockopt: bind<(fd: number, level: number, name: number, value: Uint8Array, length: number) => number>('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  recv: bind<(fd: number, bytes: Uint8Array, length: number, flags: number) => number>('intptr_t recv(int fd, void *bytes, size_t length, int flags)'),
};

/** One of classic BPF (socket(7)): operation, jump if true, jump if false, operand. It reads in network order. */
export type Instruction = readonly [operation: number, whenTrue: number, whenFalse: number, operand: number];

/** Operations: a word, half of one or a byte at an offset of the message (what is shorter does not pass), a comparison, a test of bits, the end with what passes (0: nothing). */
export const BPF = { LOAD_WORD: 0x20, LOAD_HALF: 0x28, LOAD_BYTE: 0x30, JUMP_EQUAL: 0x15, JUMP_SET: 0x45, RETURN: 0x06 } as const;

/**
 * Calls `heard` with what has come, or undefined where something was missed. Listens in the namespace of the calling
 * thread until disposed of, and keeps no process alive.
 */
export function listen({ protocol, groups, filter, about }: { readonly protocol: number; readonly groups: readonly number[]; readonly filter: readonly Instruction[]; readonly about: string }, heard: (messages: NetlinkMessage[] | undefined) => void): Disposable {
  const fd = check('socket', libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, protocol));
  try {
    attachFilter(fd, filter, about);
    const address = new Uint8Array(SOCKADDR_NL);
    address.set(new Uint8Array(new Uint16Array([AF_NETLINK]).buffer));
    check('bind', libc.bind(fd, address, address.length), about);
    for (const membership of groups.map(u32)) check('setsockopt', libc.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, membership, membership.length), about);
    const watch = watchReadable(fd, () => heard(receiveAll(fd)));
    return { [Symbol.dispose]: () => (watch[Symbol.dispose](), closeSync(fd)) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The program lies behind the struct sock_fprog that points to it (length u16, padding, pointer): the call that has the one holds both. */
function attachFilter(fd: number, filter: readonly Instruction[], about: string): void {
  const both = Buffer.concat([new Uint8Array(SOCK_FPROG), ...filter.map(encode)]);
  both.set(new Uint8Array(new Uint16Array([filter.length]).buffer));
  both.set(new Uint8Array(new BigUint64Array([addressOf(both) + BigInt(SOCK_FPROG)]).buffer), 8);
  check('setsockopt', libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, both, SOCK_FPROG), about);
}

/** struct sock_filter: code u16, jump if true u8, jump if false u8, operand u32. */
function encode([operation, whenTrue, whenFalse, operand]: Instruction): Uint8Array {
  return Buffer.concat([new Uint8Array(new Uint16Array([operation]).buffer), Uint8Array.of(whenTrue, whenFalse), u32(operand)]);
}

/** Takes everything that waits; an error other than "nothing left" (ENOBUFS: the queue ran over) means that something was missed. */
function receiveAll(fd: number): NetlinkMessage[] | undefined {
  const bytes = Buffer.alloc(RECEIVE_BYTES);
  const messages: NetlinkMessage[] = [];
  for (;;) {
    const length = libc.recv(fd, bytes, bytes.length, 0);
    if (length >= 0) {
      messages.push(...decode(Buffer.from(bytes.subarray(0, length))));
      continue;
    }
    const errno = koffi.errno();
    if (errno !== EINTR) return errno === EAGAIN ? messages : undefined;
  }
}
