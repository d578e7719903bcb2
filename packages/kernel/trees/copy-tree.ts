import { mkdirSync, statSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tolerating } from '#base';
import { pool } from './pool.ts';
import { copyInto, type CopyInput } from './copy.ts';
import { isSmall } from './small.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Copies a file to `destination`, or what is in a directory into it, with modes, times, attributes and hard links.
 * Existing directories are merged into, anything else is replaced; symbolic links are copied, never followed below
 * the two paths. With `owner` everything copied becomes its. Both trees must be nobody else's meanwhile. Large ones
 * are copied by a worker.
 */
export async function copyTree(source: string, destination: string, options: Omit<CopyInput, 'source' | 'destination'>): Promise<void> {
  const input = { source, destination, ...options };
  if (isSmall(source)) copyInto(input);
  else await pool.run('copy', input);
}

/** Makes the directory and what is missing above it, mode 0755; only what is made gets the owner. */
export async function makeDirectories(path: string, owner: Owner | undefined): Promise<void> {
  const missing: string[] = [];
  for (let at = path; !exists(at); at = dirname(at)) missing.push(at);
  for (const directory of missing.reverse()) {
    mkdirSync(directory, 0o755);
    if (owner) await chown(directory, owner.uid, owner.gid);
  }
}

function exists(path: string): boolean {
  return tolerating(['ENOENT'], false, () => statSync(path) !== undefined);
}
