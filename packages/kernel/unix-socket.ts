/** Unix sockets of the kinds that Node does not have, or that it keeps for itself (unix(7)). */
import { closeSync } from 'node:fs';
import { bind, check } from './libc.ts';

const AF_UNIX = 1;
/** Bytes of sun_path. */
const longestPath = 107;

const socketOf = bind<(domain: number, type: number, protocol: number) => number>('int socket(int domain, int type, int protocol)');
const calls = {
  bind: bind<(fd: number, address: Uint8Array, length: number) => number>('int bind(int fd, const void *address, uint32_t length)'),
  connect: bind<(fd: number, address: Uint8Array, length: number) => number>('int connect(int fd, const void *address, uint32_t length)'),
};

/** A socket of the kind (SOCK_*), bound or connected to `path`. Throws SystemError. */
export function openUnix(kind: number, call: keyof typeof calls, path: string): number {
  const fd = check('socket', socketOf(AF_UNIX, kind, 0));
  try {
    const address = pathAddress(path);
    check(call, calls[call](fd, address, address.length), path);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A path as struct sockaddr_un; one that begins with a NUL is a name in no directory, which no NUL ends. */
function pathAddress(path: string): Buffer {
  const name = Buffer.from(path).subarray(0, longestPath);
  const address = Buffer.alloc(2 + name.length + (path.startsWith('\0') ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  return address;
}
