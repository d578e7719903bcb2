import { errnoOf } from '#base';
import { close, unlinkat } from '../files/index.ts';
import { namesIn, openDirectory } from './walk.ts';

/** Deletes what `name` is in an open directory, with everything in it, following no link; absent is fine. */
export function removeAt(dirfd: number, name: string): void {
  try {
    unlinkat(dirfd, name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    if (errnoOf(error) !== 'EISDIR') throw error;
    removeDirectory(dirfd, name);
  }
}

function removeDirectory(dirfd: number, name: string): void {
  const fd = openDirectory(dirfd, name);
  try {
    for (const inner of namesIn(`/proc/self/fd/${fd}`)) removeAt(fd, inner);
  } finally {
    close(fd);
  }
  unlinkat(dirfd, name, 'directory');
}
