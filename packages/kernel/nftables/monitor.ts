/**
 * Being told when anybody changes the ruleset: the kernel announces each committed transaction to a netlink group
 * (linux/netfilter/nfnetlink.h), and the event loop wakes for the announcement. Nothing is asked while nothing happens.
 */
import { closeSync } from 'node:fs';
import { koffi } from '../koffi.ts';
import { bind, check } from '../libc.ts';
import { attributesOf, decode, u32 } from '../netlink/message.ts';
import { watchReadable } from '../watch.ts';
import { GEN_ID } from './inspect.ts';
import { NFT_MSG } from './wire.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const NETLINK_NETFILTER = 12;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NFNLGRP_NFTABLES = 7;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SOCKADDR_NL = 12;
const RECEIVE_BYTES = 4096;
const EINTR = 4;
const EAGAIN = 11;

const libc = {
  socket: bind<(domain: number, type: number, protocol: number) => number>('int socket(int domain, int type, int protocol)'),
  bind: bind<(fd: number, address: Uint8Array, length: number) => number>('int bind(int fd, const void *address, uint32_t length)'),
  setsockopt: bind<(fd: number, level: number, name: number, value: Uint8Array, length: number) => number>('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  recv: bind<(fd: number, bytes: Uint8Array, length: number, flags: number) => number>('intptr_t recv(int fd, void *bytes, size_t length, int flags)'),
};

/**
 * Calls `changed` after transactions of anybody, this process included, with the number of the ruleset's latest
 * generation; undefined when announcements were lost. Watches the namespace of the calling thread until disposed of, and
 * keeps no process alive.
 */
export function watchRuleset(changed: (generation: number | undefined) => void): Disposable {
  const fd = check('socket', libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, NETLINK_NETFILTER));
  try {
    attachFilter(fd);
    const address = new Uint8Array(SOCKADDR_NL);
    address.set(new Uint8Array(new Uint16Array([AF_NETLINK]).buffer));
    check('bind', libc.bind(fd, address, address.length), 'nftables announcements');
    const group = u32(NFNLGRP_NFTABLES);
    check('setsockopt', libc.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group, group.length), 'nftables announcements');
    const watch = watchReadable(fd, () => changed(latestGeneration(fd)));
    return { [Symbol.dispose]: () => (watch[Symbol.dispose](), closeSync(fd)) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Only the announcement of a generation passes: what a transaction did is told element by element, which for a program
 * that lays thousands would fill the socket. Classic BPF (socket(7)) over the netlink header, whose type lies at byte 4.
 */
function attachFilter(fd: number): void {
  const [LOAD_HALF, JUMP_EQUAL, RETURN] = [0x28, 0x15, 0x06];
  const type = new DataView(new Uint16Array([NFT_MSG.NEWGEN]).buffer).getUint16(0); // BPF reads in network order
  const program = Buffer.concat([instruction(LOAD_HALF, 0, 0, 4), instruction(JUMP_EQUAL, 0, 1, type), instruction(RETURN, 0, 0, 0xffff), instruction(RETURN, 0, 0, 0)]);
  // struct sock_fprog: length u16, padding, pointer.
  const header = new Uint8Array(16);
  header.set(new Uint8Array(new Uint16Array([4]).buffer));
  header.set(new Uint8Array(new BigUint64Array([koffi.address(program)]).buffer), 8);
  check('setsockopt', libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, header.length), 'nftables announcements');
}

/** struct sock_filter: code u16, jump if true u8, jump if false u8, operand u32. */
function instruction(code: number, whenTrue: number, whenFalse: number, operand: number): Uint8Array {
  return Buffer.concat([new Uint8Array(new Uint16Array([code]).buffer), Uint8Array.of(whenTrue, whenFalse), u32(operand)]);
}

/** Takes everything that waits; an error other than "nothing left" (ENOBUFS: the queue ran over) means that something was missed. */
function latestGeneration(fd: number): number | undefined {
  const bytes = Buffer.alloc(RECEIVE_BYTES);
  let latest: number | undefined;
  for (;;) {
    const length = libc.recv(fd, bytes, bytes.length, 0);
    if (length < 0) {
      const errno = koffi.errno();
      if (errno === EINTR) continue;
      return errno === EAGAIN ? latest : undefined;
    }
    for (const { type, body } of decode(bytes.subarray(0, length))) {
      if (type === NFT_MSG.NEWGEN) latest = attributesOf(body, 4).get(GEN_ID)?.readUInt32BE(0) ?? latest;
    }
  }
}
