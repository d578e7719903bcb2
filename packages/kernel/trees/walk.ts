import { readdirSync } from 'node:fs';
import { decodeName, tolerating } from '#base';
import { close, cwd, fileType, lookup, nodeTypes, openat, openFlags, statat, type FileStat } from '../files/index.ts';
import { joinPath } from './path.ts';

/** An entry of a tree. `dirfd` and `name` reach it while the walk stands there. */
export interface Visit {
  /** Relative to the root of the walk, without a leading slash; '' for the root. */
  readonly path: string;
  readonly stat: FileStat;
  readonly dirfd: number;
  readonly name: string;
}

/** Opens a directory without following a link. */
export function openDirectory(dirfd: number, name: string): number {
  return openat(dirfd, name, openFlags.read | openFlags.directory | openFlags.noFollow);
}

/**
 * Every entry of the tree at `root`, a directory before what is in it, names in byte order. The walk goes from
 * descriptor to descriptor and follows no symbolic link, so that it stays in the tree whatever others do to it
 * meanwhile; what vanishes on the way is left out. `enter` may keep it out of a directory.
 */
export function* walk(root: string, enter: (visit: Visit, fd: number) => boolean = () => true): Generator<Visit> {
  const fd = openDirectory(cwd, root);
  try {
    yield { path: '', stat: statat(fd, '.'), dirfd: fd, name: '.' };
    yield* walkInside(fd, '', enter);
  } finally {
    close(fd);
  }
}

/** The entries below an open directory, which goes by `path`. */
export function* walkInside(fd: number, path: string, enter: (visit: Visit, fd: number) => boolean = () => true): Generator<Visit> {
  for (const name of namesIn(`/proc/self/fd/${fd}`)) {
    const stat = lookup(fd, name);
    if (!stat) continue;
    const visit = { path: joinPath(path, name), stat, dirfd: fd, name };
    yield visit;
    if (fileType(stat.mode) === nodeTypes.directory) yield* walkDirectory(visit, enter);
  }
}

function* walkDirectory(visit: Visit, enter: (visit: Visit, fd: number) => boolean): Generator<Visit> {
  const fd = openUnlessGone(visit.dirfd, visit.name);
  if (fd === undefined) return;
  try {
    if (enter(visit, fd)) yield* walkInside(fd, visit.path, enter);
  } finally {
    close(fd);
  }
}

function openUnlessGone(dirfd: number, name: string): number | undefined {
  return tolerating(['ENOENT', 'ENOTDIR', 'ELOOP'], undefined, () => openDirectory(dirfd, name));
}

/** Names in a directory, sorted by their bytes as Go's filepath.Walk does. */
export function namesIn(directory: string): string[] {
  return readdirSync(directory, { encoding: 'buffer' }).sort(Buffer.compare).map((name) => decodeName(name));
}
