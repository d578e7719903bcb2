import { errnoOf } from '#base';
import { close, fileType, HardLinks, memberOf, nodeTypes, openat, openFlags, statat, type Visit } from '#kernel';
import type { TarPacker } from './packer.ts';

/** Adds what a walk visits to an archive under the name `as`; later links to a file become hard links. What vanished meanwhile is left out. */
export function packVisit(packer: TarPacker, links: HardLinks, visit: Visit, as: string): void {
  try {
    const member = memberOf(visit, as);
    if (!member) return;
    const target = links.earlier(visit.stat, as);
    if (target !== undefined) packer.member({ ...member, type: 'hardlink', linkname: target, size: 0, xattrs: undefined });
    else if (member.type === 'file') packFile(packer, visit, member);
    else packer.member(member);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ELOOP') throw error;
  }
}

/** The name may have become another file since it was looked at: only a regular one is read, by the size it has now. */
function packFile(packer: TarPacker, visit: Visit, member: NonNullable<ReturnType<typeof memberOf>>): void {
  const fd = openat(visit.dirfd, visit.name, openFlags.read | openFlags.noFollow | openFlags.nonBlocking);
  try {
    const now = statat(fd, '');
    if (fileType(now.mode) === nodeTypes.file) packer.file({ ...member, size: now.size }, fd);
  } finally {
    close(fd);
  }
}
