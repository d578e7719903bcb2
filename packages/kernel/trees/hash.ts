import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { encodeHeader, encodeName, type TarMember } from '#base';
import { close, cwd, fileType, nodeTypes, openat, openFlags, statat } from '../files/index.ts';
import { memberOf } from './member.ts';
import { walk, type Visit } from './walk.ts';

/** The work of hashTree, on this thread: what an archive of the tree would hold, without its times. */
export function hashOf(path: string, owners: boolean): string {
  const hash = createHash('sha256');
  const stat = statat(cwd, path);
  if (fileType(stat.mode) === nodeTypes.directory) for (const visit of walk(path)) add(hash, visit, owners);
  else add(hash, { path: '', stat, dirfd: cwd, name: path }, owners);
  return hash.digest('hex');
}

function add(hash: Hash, visit: Visit, owners: boolean): void {
  const member = memberOf(visit, visit.path === '' ? '/' : visit.path);
  if (!member) return;
  hash.update(encodeHeader(timeless(member, owners)));
  if (member.type === 'file') addContent(hash, visit);
}

function timeless(member: TarMember, owners: boolean): TarMember {
  return { ...member, mtime: 0, ...(owners ? {} : { uid: 0, gid: 0 }), xattrs: member.xattrs && new Map([...member.xattrs].sort(([a], [b]) => Buffer.compare(encodeName(a), encodeName(b)))) };
}

const buffer = Buffer.allocUnsafeSlow(256 << 10);

function addContent(hash: Hash, { dirfd, name }: Visit): void {
  const fd = openat(dirfd, name, openFlags.read | openFlags.noFollow | openFlags.nonBlocking);
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) hash.update(buffer.subarray(0, count));
  } finally {
    close(fd);
  }
}
