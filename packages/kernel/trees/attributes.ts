/** Owner, mode, extended attributes and time, in the order in which they survive each other. */
import { tolerating } from '#base';
import { chmodat, chownat, fchmod, pathOf, readXattrs, setFdXattr, setXattr, statat, utimensat, type FileStat } from '../files/index.ts';

export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly mtimeNanoseconds: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
}

/**
 * Of an open file or directory. chown takes set-id bits and capabilities away, so it goes first; the time goes last.
 * What is right already is not set again: each change costs ten times as much as the look.
 */
export function setFdAttributes(fd: number, attributes: Attributes): void {
  const now = statat(fd, '');
  const otherOwner = now.uid !== attributes.uid || now.gid !== attributes.gid;
  if (otherOwner) chownat(fd, '', attributes.uid, attributes.gid);
  if (otherOwner || (now.mode & 0o7777) !== attributes.mode) fchmod(fd, attributes.mode);
  if (attributes.xattrs) setXattrs(attributes.xattrs, (name, value) => setFdXattr(fd, name, value));
  utimensat(fd, '', attributes.mtime, attributes.mtimeNanoseconds);
}

/** Of a name that cannot be opened without side effects: a symbolic link, a device, a fifo. Links keep their mode. */
export function setNameAttributes(dirfd: number, name: string, attributes: Attributes, isLink: boolean): void {
  chownat(dirfd, name, attributes.uid, attributes.gid);
  if (!isLink) chmodat(dirfd, name, attributes.mode);
  if (attributes.xattrs) setXattrs(attributes.xattrs, (key, value) => setXattr(pathOf(dirfd, name), key, value));
  utimensat(dirfd, name, attributes.mtime, attributes.mtimeNanoseconds);
}

/** The attributes of an existing file, to give to a copy of it. */
export function attributesOf(path: string, stat: FileStat): Attributes {
  return { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: stat.mtime, mtimeNanoseconds: stat.mtimeNanoseconds, xattrs: readXattrs(path, isPrivateXattr) };
}

/** Attributes by which overlayfs steers itself, or that label files for this host: they are no part of a layer. */
export function isPrivateXattr(name: string): boolean {
  return name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.') || name === 'security.selinux';
}

/** What the file system cannot hold, or what root may not set here, is left out, as Docker does. */
function setXattrs(xattrs: ReadonlyMap<string, Uint8Array>, set: (name: string, value: Uint8Array) => void): void {
  for (const [name, value] of xattrs) {
    if (isPrivateXattr(name)) continue;
    tolerating(['ENOTSUP', 'EPERM'], undefined, () => set(name, value));
  }
}
