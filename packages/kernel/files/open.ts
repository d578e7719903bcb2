/**
 * Files by descriptor: the `*at` calls of Linux, for code that walks trees other people write to. A name is a string as
 * `decodeName` makes it, so that any bytes survive. Every call throws SystemError.
 */
import { constants } from 'node:fs';
import { encodeName, errnoOf } from '#base';
import { bind, check } from '../libc.ts';

/** Open flags (fcntl.h), with the two that node:fs does not name. */
export const openFlags = {
  read: constants.O_RDONLY,
  write: constants.O_WRONLY,
  readWrite: constants.O_RDWR,
  create: constants.O_CREAT,
  exclusive: constants.O_EXCL,
  truncate: constants.O_TRUNC,
  directory: constants.O_DIRECTORY,
  noFollow: constants.O_NOFOLLOW,
  nonBlocking: constants.O_NONBLOCK,
  closeOnExec: 0o2000000,
  path: 0o10000000,
} as const;

/** How openat2(2) may resolve a path. */
export const resolveFlags = { noXdev: 1, noMagicLinks: 2, noSymlinks: 4, beneath: 8, inRoot: 16 } as const;

/** "The directory a relative path starts at is the working directory." */
export const cwd = -100;

/** A name as libc takes it: a string, or bytes with their NUL where it is no Unicode. */
export function cPath(name: string): string | Buffer {
  return name.isWellFormed() ? name : Buffer.concat([encodeName(name), Buffer.alloc(1)]);
}

type CPath = string | Buffer;
const openatOf = bind<(dirfd: number, path: CPath, flags: number, mode: number) => number>('int openat(int dirfd, const char *path, int flags, unsigned int mode)');
const openat2Of = bind<(number: number, dirfd: number, path: CPath, how: BigUint64Array, size: number) => number>('long syscall(long number, int dirfd, const char *path, void *how, size_t size)');
const closeOf = bind<(fd: number) => number>('int close(int fd)');
const mkdiratOf = bind<(dirfd: number, path: CPath, mode: number) => number>('int mkdirat(int dirfd, const char *path, unsigned int mode)');
const mknodatOf = bind<(dirfd: number, path: CPath, mode: number, device: bigint) => number>('int mknodat(int dirfd, const char *path, unsigned int mode, uint64_t dev)');
const symlinkatOf = bind<(target: CPath, dirfd: number, path: CPath) => number>('int symlinkat(const char *target, int dirfd, const char *path)');
const linkatOf = bind<(fromfd: number, from: CPath, tofd: number, to: CPath, flags: number) => number>('int linkat(int fromfd, const char *from, int tofd, const char *to, int flags)');
const unlinkatOf = bind<(dirfd: number, path: CPath, flags: number) => number>('int unlinkat(int dirfd, const char *path, int flags)');
const readlinkatOf = bind<(dirfd: number, path: CPath, buffer: Buffer, size: number) => number>('long readlinkat(int dirfd, const char *path, void *buf, size_t size)');

const openat2Number = 437;
const how = new BigUint64Array(3);

/** openat(2), always close-on-exec. */
export function openat(dirfd: number, name: string, flags: number, mode = 0): number {
  return check('openat', openatOf(dirfd, cPath(name), flags | openFlags.closeOnExec, mode), name);
}

/** The kernel gives up a ".." when anything anywhere is renamed or mounted meanwhile, and leaves it to the caller to ask again. */
const mostTries = 128;

/** openat2(2), always close-on-exec: `resolve` says what the path may cross (Linux 5.6). */
export function openat2(dirfd: number, path: string, options: { flags: number; mode?: number; resolve: number }): number {
  how[0] = BigInt(options.flags | openFlags.closeOnExec);
  how[1] = BigInt(options.mode ?? 0);
  how[2] = BigInt(options.resolve);
  for (let tries = 1; ; tries++) {
    try {
      return check('openat2', openat2Of(openat2Number, dirfd, cPath(path), how, how.byteLength), path);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN' || tries === mostTries) throw error;
    }
  }
}

/** close(2); an error is of no use to anybody but one who writes, who syncs first. */
export function close(fd: number): void {
  closeOf(fd);
}

/** mkdirat(2). The umask takes bits off `mode`. */
export function mkdirat(dirfd: number, name: string, mode: number): void {
  check('mkdirat', mkdiratOf(dirfd, cPath(name), mode), name);
}

/** File type bits of mknod(2). */
export const nodeTypes = { fifo: 0o010000, char: 0o020000, directory: 0o040000, block: 0o060000, file: 0o100000, symlink: 0o120000, socket: 0o140000, mask: 0o170000 } as const;

/** mknodat(2): a device, a fifo, or overlay's whiteout (a character device 0/0). */
export function mknodat(dirfd: number, name: string, mode: number, major = 0, minor = 0): void {
  check('mknodat', mknodatOf(dirfd, cPath(name), mode, deviceNumber(major, minor)), name);
}

/** symlinkat(2). */
export function symlinkat(target: string, dirfd: number, name: string): void {
  check('symlinkat', symlinkatOf(cPath(target), dirfd, cPath(name)), name);
}

/** linkat(2) between two names; a symbolic link itself is linked, never followed. */
export function linkat(fromDirfd: number, from: string, toDirfd: number, to: string): void {
  check('linkat', linkatOf(fromDirfd, cPath(from), toDirfd, cPath(to), 0), to);
}

/** unlinkat(2) of a file, or of an empty directory. */
export function unlinkat(dirfd: number, name: string, kind: 'file' | 'directory' = 'file'): void {
  check('unlinkat', unlinkatOf(dirfd, cPath(name), kind === 'directory' ? 0x200 : 0), name);
}

/** readlinkat(2), the target as bytes. */
export function readlinkat(dirfd: number, name: string): Buffer {
  const buffer = Buffer.allocUnsafe(4096);
  return buffer.subarray(0, check('readlinkat', readlinkatOf(dirfd, cPath(name), buffer, buffer.length), name));
}

/** glibc's makedev(3). */
function deviceNumber(major: number, minor: number): bigint {
  const high = BigInt(major);
  const low = BigInt(minor);
  return ((high & 0xfffn) << 8n) | ((high & 0xfffff000n) << 32n) | (low & 0xffn) | ((low & 0xffffff00n) << 12n);
}
