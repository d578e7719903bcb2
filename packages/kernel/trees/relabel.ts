import { basename, dirname } from 'node:path';
import { errnoOf } from '#base';
import { close, cwd, fileType, lookup, nodeTypes, openat2, openFlags, pathOf, resolveFlags, setLabel } from '../files/index.ts';
import { walk } from './walk.ts';

export interface RelabelInput {
  readonly path: string;
  readonly label: string;
}

/** The work of relabelTree, on this thread. */
export function relabel({ path, label }: RelabelInput): void {
  const parent = openat2(cwd, dirname(path), { flags: openFlags.path | openFlags.directory, resolve: resolveFlags.noSymlinks });
  try {
    const place = pathOf(parent, basename(path));
    const stat = lookup(parent, basename(path));
    if (!stat || !setIfThere(place, label) || fileType(stat.mode) !== nodeTypes.directory) return;
    for (const { dirfd, name } of walk(place)) setIfThere(pathOf(dirfd, name), label);
  } finally {
    close(parent);
  }
}

/** What vanishes on the way needs no label. */
function setIfThere(path: string, label: string): boolean {
  try {
    return setLabel(path, label);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return false;
  }
}
