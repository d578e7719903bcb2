import { inUserNamespace } from '#kernel';
import type { Mount } from '../port.ts';

/**
 * The mounts that make a snapshot's file system (kernel documentation, filesystems/overlayfs.rst).
 *
 * `lowers` are the parents' directories, topmost first. Without parents a bind mount does: overlay needs a lower
 * directory. Copying up whole files and refusing to rename lower directories (as Docker does) keeps the upper
 * directory a plain diff.
 */
export function overlayMounts(own: { upper: string; work: string } | undefined, lowers: readonly string[], options: { volatile?: boolean } = {}): Mount[] {
  if (lowers.length === 0 && own) return [{ type: 'bind', source: own.upper, options: ['rbind', 'rw'] }];
  if (lowers.length === 1 && !own) return [{ type: 'bind', source: lowers[0] as string, options: ['rbind', 'ro'] }];
  const writable = own ? [`upperdir=${own.upper}`, `workdir=${own.work}`, ...(options.volatile ? ['volatile'] : [])] : ['ro'];
  return [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${lowers.join(':')}`, 'index=off', 'redirect_dir=nofollow', 'metacopy=off', 'xino=off', ...(inUserNamespace() ? ['userxattr'] : []), ...writable] }];
}
