/**
 * Sockets below Node's own: listening ones that came from outside (systemd's activation, another daemon), and messages
 * with descriptors beside them (unix(7), SCM_RIGHTS).
 *
 *   struct cmsghdr   length u64 | level i32 | type i32 | descriptors i32 …
 *   struct msghdr    name u64 | name length u32, pad | iov u64 | iov count u64 | control u64 | control length u64 | flags i32, pad
 */
import { addressOf, bind, check } from './libc.ts';

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_NOSIGNAL = 0x4000;
const AF_UNIX = 1;
const CMSG_HEADER = 16;
/** Descriptors in one message, at most. */
const MOST = 64;

const fcntl = bind<(fd: number, command: number, argument: number) => number>('int fcntl(int fd, int command, int argument)');
const getsockname = bind<(fd: number, address: Uint8Array, length: Uint8Array) => number>('int getsockname(int fd, uint8_t *address, uint8_t *length)');
const sendmsg = bind<(fd: number, message: Uint8Array, flags: number) => number>('intptr_t sendmsg(int fd, uint8_t *message, int flags)');
const recvmsg = bind<(fd: number, message: Uint8Array, flags: number) => number>('intptr_t recvmsg(int fd, uint8_t *message, int flags)');

/** Keeps a descriptor from programs that this one starts. */
export function closeOnExec(fd: number): void {
  check('fcntl', fcntl(fd, F_SETFD, FD_CLOEXEC));
}

/** True for a unix socket, false for one of the internet's. Throws SystemError for what is no socket. */
export function isUnixSocket(fd: number): boolean {
  const address = Buffer.alloc(128);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(address.length);
  check('getsockname', getsockname(fd, address, length));
  return address.readUInt16LE(0) === AF_UNIX;
}

/** Sends one byte with `descriptors` beside it; the other side has copies of them. Throws SystemError. */
export function sendDescriptors(socket: number, descriptors: readonly number[]): void {
  const { message, control } = layMessage(descriptors.length);
  control.writeBigUInt64LE(BigInt(control.length), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  descriptors.forEach((fd, index) => control.writeInt32LE(fd, CMSG_HEADER + index * 4));
  check('sendmsg', sendmsg(socket, message, MSG_NOSIGNAL));
}

/** Takes one byte and the descriptors that came with it, closed for programs that this one starts. Waits when the socket blocks. */
export function receiveDescriptors(socket: number): number[] {
  const { message, control } = layMessage(MOST);
  if (check('recvmsg', recvmsg(socket, message, MSG_CMSG_CLOEXEC)) === 0) return [];
  const length = Number(message.readBigUInt64LE(40));
  if (length < CMSG_HEADER || control.readInt32LE(12) !== SCM_RIGHTS) return [];
  const count = (Math.min(Number(control.readBigUInt64LE(0)), length) - CMSG_HEADER) / 4;
  return Array.from({ length: count }, (_, index) => control.readInt32LE(CMSG_HEADER + index * 4));
}

/** A msghdr with all that it points to behind it in the same memory, so that it lives as long: an iovec, its byte, the control message. */
function layMessage(descriptors: number): { message: Buffer; control: Buffer } {
  const [vector, byte, control] = [56, 72, 80];
  const length = CMSG_HEADER + descriptors * 4;
  const message = Buffer.alloc(control + length);
  const base = addressOf(message);
  message.writeBigUInt64LE(base + BigInt(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(base + BigInt(control), 32);
  message.writeBigUInt64LE(BigInt(length), 40);
  message.writeBigUInt64LE(base + BigInt(byte), vector);
  message.writeBigUInt64LE(1n, vector + 8);
  return { message, control: message.subarray(control) };
}
