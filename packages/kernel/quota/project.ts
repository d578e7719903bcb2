/**
 * Project ids: a number that a directory bears and, with FS_XFLAG_PROJINHERIT, all that is made in it from then on
 * (linux/fs.h, struct fsxattr; xfs, ext4 with its project feature, f2fs). File systems count and limit by it.
 */
import { closeSync, openSync } from 'node:fs';
import { bind, check } from '../libc.ts';

const getAttributesOf = bind<(fd: number, request: number, attributes: Buffer) => number>('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *value)');
const setAttributesOf = bind<(fd: number, request: number, attributes: Buffer) => number>('int ioctl(int fd, unsigned long request, const void *value)');

const FS_IOC_FSGETXATTR = 0x801c581f;
const FS_IOC_FSSETXATTR = 0x401c5820;
/** struct fsxattr: xflags, extsize, nextents, projid, cowextsize, padding. */
const attributesSize = 28;
const projectAt = 12;
const inheritProject = 0x200;

/** The id of `directory`; 0 where none was ever set. Throws SystemError, of code ENOTTY where the file system has none. */
export function projectOf(directory: string): number {
  return withAttributes(directory, (_, attributes) => attributes.readUInt32LE(projectAt));
}

/** Gives `directory`, which is empty, the id, and what is made in it afterwards. Throws SystemError, of code EINVAL outside the first user namespace. */
export function setProject(directory: string, id: number): void {
  withAttributes(directory, (fd, attributes) => {
    attributes.writeUInt32LE((attributes.readUInt32LE(0) | inheritProject) >>> 0, 0);
    attributes.writeUInt32LE(id, projectAt);
    check('FS_IOC_FSSETXATTR', setAttributesOf(fd, FS_IOC_FSSETXATTR, attributes), directory);
  });
}

function withAttributes<T>(directory: string, work: (fd: number, attributes: Buffer) => T): T {
  const fd = openSync(directory, 'r');
  try {
    const attributes = Buffer.alloc(attributesSize);
    check('FS_IOC_FSGETXATTR', getAttributesOf(fd, FS_IOC_FSGETXATTR, attributes), directory);
    return work(fd, attributes);
  } finally {
    closeSync(fd);
  }
}
