import type { Change } from '../port.ts';
import { type FileStat, fileType, isWhiteout, nodeTypes, pathOf, type Visit, walk } from '#kernel';
import { isOpaque, LowerTree, type LowerEntry } from '../trees/lower.ts';

/**
 * What `upper` changes in the merged view of `lowers`, sorted by path, by Docker's rules: a directory whose size, mode
 * and modification time are the lower one's is not listed for itself, but every directory above an added or deleted entry is.
 */
export function changesOf(upper: string, lowers: readonly string[]): Change[] {
  const below = new LowerTree(lowers);
  const changes = new Map<string, Change['kind']>();
  for (const visit of walk(upper)) {
    const { path } = visit;
    const kind = path === '' ? undefined : kindOf(visit, below.find(path));
    if (!kind) continue;
    if (kind !== 'modified') for (const parent of parentsOf(path)) if (!changes.has(parent)) changes.set(parent, 'modified');
    changes.set(path, kind);
  }
  return [...changes].map(([path, kind]) => ({ path: `/${path}`, kind })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function kindOf({ dirfd, name, stat }: Visit, lower: LowerEntry): Change['kind'] | undefined {
  if (isWhiteout(stat)) return lower.kind === 'absent' ? undefined : 'deleted';
  if (lower.kind === 'absent') return 'added';
  const directory = fileType(stat.mode) === nodeTypes.directory;
  if (directory && isOpaque(pathOf(dirfd, name))) return 'deleted';
  const same = directory && lower.kind === 'directory' && stat.size === lower.stat.size && stat.mode === lower.stat.mode && sameTime(stat, lower.stat);
  return same ? undefined : 'modified';
}

function sameTime(a: FileStat, b: FileStat): boolean {
  return a.mtime === b.mtime && a.mtimeNanoseconds === b.mtimeNanoseconds;
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
