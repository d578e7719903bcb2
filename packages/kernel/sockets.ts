/**
 * Sockets below Node's own: listening ones that came from outside (systemd's activation, another daemon), and messages
 * with descriptors beside them (unix(7), SCM_RIGHTS).
 *
 *   struct cmsghdr   length u64 | level i32 | type i32 | descriptors i32 …
 *   struct msghdr    name u64 | name length u32, pad | iov u64 | iov count u64 | control u64 | control length u64 | flags i32, pad
 */
import { closeSync } from 'node:fs';
import { addressOf, bind, check } from './libc.ts';
import { openUnix } from './unix-socket.ts';

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_NOSIGNAL = 0x4000;
const AF_UNIX = 1;
/** SOCK_STREAM | SOCK_CLOEXEC. */
const SOCK_STREAM = 1 | 0o2000000;
const CMSG_HEADER = 16;
/** Where a msghdr has its control message's length. */
const CONTROL_LENGTH = 40;
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
  sendMessage(socket, Buffer.alloc(1), descriptors);
}

/** Takes one byte and the descriptors that came with it, closed for programs that this one starts. Waits when the socket blocks. */
export function receiveDescriptors(socket: number): readonly number[] {
  return receiveMessage(socket, 1).descriptors;
}

/** Sends bytes with `descriptors` beside them. Throws SystemError. */
export function sendMessage(socket: number, bytes: Uint8Array, descriptors: readonly number[]): void {
  const { message, data, control } = layMessage(bytes.length, descriptors.length);
  data.set(bytes);
  control.writeBigUInt64LE(BigInt(control.length), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  descriptors.forEach((fd, index) => control.writeInt32LE(fd, CMSG_HEADER + index * 4));
  if (descriptors.length === 0) message.writeBigUInt64LE(0n, CONTROL_LENGTH);
  check('sendmsg', sendmsg(socket, message, MSG_NOSIGNAL));
}

/** Sends `text` with a descriptor beside it to whoever listens at `path`, as runc hands over terminals. Throws SystemError. */
export function handOver(path: string, text: string, descriptor: number): void {
  const fd = openUnix(SOCK_STREAM, 'connect', path);
  try {
    sendMessage(fd, Buffer.from(text), [descriptor]);
  } finally {
    closeSync(fd);
  }
}

export interface ReceivedMessage {
  readonly bytes: Buffer;
  readonly descriptors: readonly number[];
}

/** Takes at most `most` bytes and the descriptors that came with them, closed for programs that this one starts; no bytes at the end. */
export function receiveMessage(socket: number, most: number): ReceivedMessage {
  const { message, data, control } = layMessage(most, MOST);
  const got = check('recvmsg', recvmsg(socket, message, MSG_CMSG_CLOEXEC));
  const length = Number(message.readBigUInt64LE(CONTROL_LENGTH));
  const rights = got > 0 && length >= CMSG_HEADER && control.readInt32LE(12) === SCM_RIGHTS;
  const count = rights ? (Math.min(Number(control.readBigUInt64LE(0)), length) - CMSG_HEADER) / 4 : 0;
  return { bytes: data.subarray(0, got), descriptors: Array.from({ length: count }, (_, index) => control.readInt32LE(CMSG_HEADER + index * 4)) };
}

/** A msghdr with all that it points to behind it in the same memory, so that it lives as long: an iovec, the control message, the bytes. */
function layMessage(bytes: number, descriptors: number): { message: Buffer; data: Buffer; control: Buffer } {
  const [vector, control] = [56, 72];
  const length = CMSG_HEADER + descriptors * 4;
  const data = control + length;
  const message = Buffer.alloc(data + bytes);
  const base = addressOf(message);
  message.writeBigUInt64LE(base + BigInt(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(base + BigInt(control), 32);
  message.writeBigUInt64LE(BigInt(length), CONTROL_LENGTH);
  message.writeBigUInt64LE(base + BigInt(data), vector);
  message.writeBigUInt64LE(BigInt(bytes), vector + 8);
  return { message, data: message.subarray(data), control: message.subarray(control, data) };
}
