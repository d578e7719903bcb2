/**
 * Extended attributes. Linux has no `*at` form of these calls before 6.13, so a name beside a descriptor goes through
 * /proc/self/fd, whose link leads to that very directory whatever its path became.
 */
import { constants } from 'node:os';
import { errnoOf } from '#base';
import { koffi } from '../koffi.ts';
import { bind, check } from '../libc.ts';
import { cPath, cwd } from './open.ts';

type CPath = string | Buffer;
const lsetxattrOf = bind<(path: CPath, name: string, value: Uint8Array, size: number, flags: number) => number>('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)');
const fsetxattrOf = bind<(fd: number, name: string, value: Uint8Array, size: number, flags: number) => number>('int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)');
const lgetxattrOf = bind<(path: CPath, name: string, value: Buffer, size: number) => number>('long lgetxattr(const char *path, const char *name, void *value, size_t size)');
const llistxattrOf = bind<(path: CPath, list: Buffer, size: number) => number>('long llistxattr(const char *path, void *list, size_t size)');

/** XATTR_SIZE_MAX and XATTR_LIST_MAX. Bytes. */
const limit = 65_536;
const scratch = Buffer.allocUnsafe(limit);

/** The path by which libc reaches `name` in the directory `dirfd`; '' is the directory itself. */
export function pathOf(dirfd: number, name: string): string {
  if (dirfd === cwd) return name;
  return name === '' ? `/proc/self/fd/${dirfd}/.` : `/proc/self/fd/${dirfd}/${name}`;
}

/** lsetxattr(2). */
export function setXattr(path: string, name: string, value: Uint8Array): void {
  check('lsetxattr', lsetxattrOf(cPath(path), name, value, value.length, 0), name);
}

/** SELinux's label of a file, of a symlink itself; false where the file system has no labels. */
export function setLabel(path: string, label: string): boolean {
  try {
    setXattr(path, 'security.selinux', Buffer.from(label));
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'ENOTSUP') throw error;
    return false;
  }
}

/** fsetxattr(2). */
export function setFdXattr(fd: number, name: string, value: Uint8Array): void {
  check('fsetxattr', fsetxattrOf(fd, name, value, value.length, 0), name);
}

/** lgetxattr(2); undefined when the file has none of that name, or is gone. */
export function getXattr(path: string, name: string): Buffer | undefined {
  const size = lgetxattrOf(cPath(path), name, scratch, limit);
  if (size >= 0) return Buffer.from(scratch.subarray(0, size));
  return absent('lgetxattr', size, name);
}

/** llistxattr(2): the names; none where the file system has no attributes or the file is gone. */
function listXattrs(path: string): string[] {
  const size = llistxattrOf(cPath(path), scratch, limit);
  if (size < 0) return absent('llistxattr', size, path) ?? [];
  return size === 0 ? [] : scratch.toString('utf8', 0, size - 1).split('\0');
}

/** Every attribute but those that `skip` names, undefined when there are none. */
export function readXattrs(path: string, skip: (name: string) => boolean): Map<string, Buffer> | undefined {
  let found: Map<string, Buffer> | undefined;
  for (const name of listXattrs(path)) {
    const value = skip(name) ? undefined : getXattr(path, name);
    if (value) (found ??= new Map()).set(name, value);
  }
  return found;
}

/** errno is looked at before an error is made of it: having no attribute is no exception. */
function absent(call: string, result: number, detail: string): undefined {
  const errno = koffi.errno();
  if (errno === constants.errno.ENODATA || errno === constants.errno.ENOTSUP || errno === constants.errno.ENOENT) return undefined;
  check(call, result, detail);
}
