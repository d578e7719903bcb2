import { bind } from './libc.ts';

/** linux/sockios.h; the same on x86-64 and arm64. */
const SIOCOUTQ = 0x5411;

const ioctl = bind<(fd: number, request: number, value: Buffer) => number>('int ioctl(int fd, unsigned long request, void *value)');

/**
 * Bytes (with the kernel's own overhead) that were written to a connected unix socket and that its peer has not read;
 * 0 once it has read them all. undefined where the kernel cannot say. See unix(7), ioctls.
 */
export function unreadByPeer(fd: number): number | undefined {
  const value = Buffer.alloc(4);
  return ioctl(fd, SIOCOUTQ, value) === 0 ? value.readInt32LE(0) : undefined;
}
