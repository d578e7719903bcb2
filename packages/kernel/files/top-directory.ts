/** Directories that hold unrelated trees, and the hint to the file system that says so. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { tolerating } from '#base';
import { bind, check } from '../libc.ts';

const flagsOf = bind<(fd: number, request: number, flags: Buffer) => number>('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *value)');

/** linux/fs.h; declared with a long, they carry an int. The same on x86-64 and arm64. */
const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;
/** FS_TOPDIR_FL. */
const topDirectory = 0x20000;

/**
 * Makes `path`, with what is missing above it, as the top of trees that have nothing to do with each other (chattr(1), T):
 * ext4 then begins each directory made in it among other inodes, and a crowd of them does not search the inodes of those
 * that have just gone. What knows no such hint does without. Throws Node's error when it cannot be made.
 */
export function makeTopDirectory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  tolerating(['ENOTTY', 'ENOTSUP', 'ENOSYS', 'EINVAL', 'EPERM', 'EACCES'], undefined, () => hint(path));
}

function hint(path: string): void {
  const fd = openSync(path, 'r');
  try {
    const flags = Buffer.alloc(8);
    check('FS_IOC_GETFLAGS', flagsOf(fd, FS_IOC_GETFLAGS, flags), path);
    flags.writeUInt32LE((flags.readUInt32LE(0) | topDirectory) >>> 0, 0);
    check('FS_IOC_SETFLAGS', flagsOf(fd, FS_IOC_SETFLAGS, flags), path);
  } finally {
    closeSync(fd);
  }
}
