/** A UDP server by recvfrom(2) and sendto(2) themselves, for answers that are made at once: a fraction of what a socket of node:dgram costs. */
import { closeSync } from 'node:fs';
import { koffi } from './koffi.ts';
import { bind, check } from './libc.ts';
import { watchReadable } from './watch.ts';

/** Room for any datagram; shared, since each is copied before the next one is received. */
const received = Buffer.alloc(1 << 16);
const ADDRESS_BYTES = 28;
/** Others get their turn after so many. */
const AT_ONCE = 64;
const EINTR = 4;

const libc = {
  recvfrom: bind<(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, size: Uint8Array) => number>('intptr_t recvfrom(int fd, void *bytes, size_t length, int flags, void *address, void *size)'),
  sendto: bind<(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, size: number) => number>('intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)'),
  getsockname: bind<(fd: number, address: Uint8Array, size: Uint8Array) => number>('int getsockname(int fd, void *address, void *size)'),
};

export interface DatagramServer extends Disposable {
  readonly port: number;
}

/**
 * Hands every datagram of a bound, non-blocking socket to `receive`, whose `reply` sends one back, at once or later; one
 * that the kernel does not take is lost, as datagrams are. Owns the descriptor; disposing of the server closes it.
 */
export function serveDatagrams(fd: number, receive: (bytes: Buffer, reply: (bytes: Uint8Array) => void) => void): DatagramServer {
  let open = true;
  const watch = watchReadable(fd, () => {
    for (let i = 0; open && i < AT_ONCE; i++) {
      const address = Buffer.alloc(ADDRESS_BYTES);
      const size = lengthOf(address);
      const length = libc.recvfrom(fd, received, received.length, 0, address, size);
      if (length < 0 && koffi.errno() === EINTR) continue;
      if (length < 0) return;
      const reply = (bytes: Uint8Array): void => void (open && libc.sendto(fd, bytes, bytes.length, 0, address, readLength(size)));
      receive(Buffer.from(received.subarray(0, length)), reply);
    }
  });
  const close = (): void => {
    if (!open) return;
    open = false;
    watch[Symbol.dispose]();
    closeSync(fd);
  };
  return { port: portOf(fd), [Symbol.dispose]: close };
}

/** The port lies behind the family, in network order, for IPv4 and IPv6 alike. */
function portOf(fd: number): number {
  const address = Buffer.alloc(ADDRESS_BYTES);
  check('getsockname', libc.getsockname(fd, address, lengthOf(address)));
  return address.readUInt16BE(2);
}

/** A socklen_t that the kernel reads and writes. */
function lengthOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(new Uint32Array([bytes.length]).buffer);
}

function readLength(size: Uint8Array): number {
  return new Uint32Array(size.buffer)[0] ?? 0;
}
