import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** A socket's address is short (unix(7)): its directory is reached by a descriptor while `work` uses the path that it is given. */
export function withShortPath<T>(path: string, work: (path: string) => T): T {
  const directory = openSync(dirname(path), 'r');
  try {
    return work(`/proc/self/fd/${directory}/${basename(path)}`);
  } finally {
    closeSync(directory);
  }
}
