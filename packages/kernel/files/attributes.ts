/** Owner, mode, times and kind of a file, by descriptor or beside one. */
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { Internal } from '#base';
import { koffi } from '../koffi.ts';
import { bind, check } from '../libc.ts';
import { cPath, nodeTypes } from './open.ts';

/** What statx(2) tells. Sizes in bytes, times split so that no nanosecond is lost. */
export interface FileStat {
  /** Type and permission bits, as st_mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  readonly inode: number;
  readonly links: number;
  readonly mtime: number;
  readonly mtimeNanoseconds: number;
  readonly ctime: number;
  readonly ctimeNanoseconds: number;
  /** Of a device file. */
  readonly major: number;
  readonly minor: number;
  /** Of the file system the file lies on. */
  readonly device: number;
}

type CPath = string | Buffer;
const statxOf = bind<(dirfd: number, path: CPath, flags: number, mask: number, buffer: Buffer) => number>('int statx(int dirfd, const char *path, int flags, unsigned int mask, void *buffer)');
const fchownatOf = bind<(dirfd: number, path: CPath, uid: number, gid: number, flags: number) => number>('int fchownat(int dirfd, const char *path, unsigned int uid, unsigned int gid, int flags)');
const fchmodatOf = bind<(dirfd: number, path: CPath, mode: number, flags: number) => number>('int fchmodat(int dirfd, const char *path, unsigned int mode, int flags)');
const fchmodOf = bind<(fd: number, mode: number) => number>('int fchmod(int fd, unsigned int mode)');
const futimensOf = bind<(fd: number, times: BigInt64Array) => number>('int futimens(int fd, void *times)');
const utimensatOf = bind<(dirfd: number, path: CPath, times: BigInt64Array, flags: number) => number>('int utimensat(int dirfd, const char *path, void *times, int flags)');

const unshareOf = bind<(flags: number) => number>('int unshare(int flags)');
const umaskOf = bind<(mask: number) => number>('unsigned int umask(unsigned int mask)');
const fstatfsOf = bind<(fd: number, buffer: Buffer) => number>('int fstatfs(int fd, void *buffer)');

const cloneFs = 0x200;
const noFollow = 0x100;
const emptyPath = 0x1000;
const basicStats = 0x7ff;
const statBuffer = Buffer.alloc(256);
const timesBuffer = new BigInt64Array(4);

/** statx(2) of a name, links not followed; with '' of the descriptor itself. */
export function statat(dirfd: number, name: string): FileStat {
  check('statx', statxOf(dirfd, cPath(name), noFollow | (name === '' ? emptyPath : 0), basicStats, statBuffer), name);
  return readStat(statBuffer);
}

/** Like statat, undefined where nothing is (ENOENT, ENOTDIR). */
export function lookup(dirfd: number, name: string): FileStat | undefined {
  const result = statxOf(dirfd, cPath(name), noFollow | (name === '' ? emptyPath : 0), basicStats, statBuffer);
  if (result === 0) return readStat(statBuffer);
  const errno = koffi.errno();
  if (errno === constants.errno.ENOENT || errno === constants.errno.ENOTDIR) return undefined;
  check('statx', result, name);
}

/** lchown(2): the link itself; with '' the descriptor. */
export function chownat(dirfd: number, name: string, uid: number, gid: number): void {
  check('fchownat', fchownatOf(dirfd, cPath(name), uid, gid, noFollow | (name === '' ? emptyPath : 0)), name);
}

/** fchmodat(2). Follows symbolic links: only for names known to be none. */
export function chmodat(dirfd: number, name: string, mode: number): void {
  check('fchmodat', fchmodatOf(dirfd, cPath(name), mode, 0), name);
}

/** fchmod(2). */
export function fchmod(fd: number, mode: number): void {
  check('fchmod', fchmodOf(fd, mode));
}

/** utimensat(2), links not followed; with '' of the descriptor. Sets access and modification time alike. */
export function utimensat(dirfd: number, name: string, seconds: number, nanoseconds: number): void {
  timesBuffer[0] = timesBuffer[2] = BigInt(seconds);
  timesBuffer[1] = timesBuffer[3] = BigInt(nanoseconds);
  check('utimensat', name === '' ? futimensOf(dirfd, timesBuffer) : utimensatOf(dirfd, cPath(name), timesBuffer, noFollow), name);
}

/**
 * Gives this thread a umask of its own, 0, so that files are made with the mode they are to have. For worker threads:
 * the main thread's umask is what everything else relies on. Throws Internal there.
 */
export function clearThreadUmask(): void {
  if (isMainThread) throw new Internal('the main thread keeps its umask: a file of worker threads was loaded there');
  check('unshare', unshareOf(cloneFs));
  umaskOf(0);
}

/** The magic number of the file system that `fd` lies on (statfs(2), f_type). */
export function fileSystemType(fd: number): number {
  check('fstatfs', fstatfsOf(fd, statBuffer));
  return statBuffer.readUInt32LE(0);
}

/** The type bits of a mode. */
export function fileType(mode: number): number {
  return mode & nodeTypes.mask;
}

/** True for overlayfs' mark of a deleted name: a character device 0/0. */
export function isWhiteout(stat: FileStat): boolean {
  return fileType(stat.mode) === nodeTypes.char && stat.major === 0 && stat.minor === 0;
}

/** struct statx (linux/stat.h). */
function readStat(at: Buffer): FileStat {
  return {
    links: at.readUInt32LE(16),
    uid: at.readUInt32LE(20),
    gid: at.readUInt32LE(24),
    mode: at.readUInt16LE(28),
    inode: Number(at.readBigUInt64LE(32)),
    size: Number(at.readBigUInt64LE(40)),
    blocks: Number(at.readBigUInt64LE(48)),
    ctime: Number(at.readBigInt64LE(96)),
    ctimeNanoseconds: at.readUInt32LE(104),
    mtime: Number(at.readBigInt64LE(112)),
    mtimeNanoseconds: at.readUInt32LE(120),
    major: at.readUInt32LE(128),
    minor: at.readUInt32LE(132),
    device: at.readUInt32LE(136) * 2 ** 20 + at.readUInt32LE(140),
  };
}
