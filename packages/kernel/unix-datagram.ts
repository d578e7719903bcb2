/** Datagrams over unix sockets (unix(7)), which Node does not have: the system journal and /dev/log speak them. */
import { closeSync } from 'node:fs';
import { bind, check } from './libc.ts';
import { openUnix } from './unix-socket.ts';

/** SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK. */
const kind = 2 | 0o2000000 | 0o4000;
/** MSG_DONTWAIT | MSG_NOSIGNAL. */
const flags = 0x40 | 0x4000;

const sendOf = bind<(fd: number, bytes: Uint8Array, length: number, flags: number) => number>('long send(int fd, const void *bytes, size_t length, int flags)');
const recvOf = bind<(fd: number, bytes: Uint8Array, length: number, flags: number) => number>('long recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)');

export interface DatagramSocket extends Disposable {
  readonly fd: number;
  /** Throws SystemError: EAGAIN while the receiver is behind, ECONNREFUSED when it is gone, EMSGSIZE for what is too long. */
  send(bytes: Uint8Array): void;
  /** The next datagram; undefined while there is none. */
  receive(): Buffer | undefined;
}

/** A socket that sends to `path`. Throws SystemError when nobody listens there. */
export function connectDatagram(path: string): DatagramSocket {
  return open(path, 'connect');
}

/** A socket that receives at `path`, which must not exist. */
export function listenDatagram(path: string): DatagramSocket {
  return open(path, 'bind');
}

function open(path: string, call: 'bind' | 'connect'): DatagramSocket {
  const fd = openUnix(kind, call, path);
  return { fd, send: (bytes) => void check('send', sendOf(fd, bytes, bytes.length, flags), path), receive: () => receive(fd), [Symbol.dispose]: () => closeSync(fd) };
}

function receive(fd: number): Buffer | undefined {
  const buffer = Buffer.alloc(256 << 10);
  const length = recvOf(fd, buffer, buffer.length, flags);
  return length < 0 ? undefined : buffer.subarray(0, length);
}
