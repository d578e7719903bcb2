import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '#base';
import { pool } from '../pool.ts';

/** A tree with no more entries is deleted at once: that takes less time than handing it to a thread. */
const small = 64;

/** Deletes a tree; absent is fine. Large ones are deleted by a worker. */
export async function removeTree(path: string): Promise<void> {
  if (countUpTo(path, small) < small) removeTreeSync(path);
  else await pool.run('remove', { path });
}

/** Deletes a tree on this thread; absent is fine. */
export function removeTreeSync(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Entries in the tree, counted no further than `limit`. */
function countUpTo(path: string, limit: number): number {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    let count = entries.length;
    for (const entry of entries) {
      if (count >= limit) return limit;
      if (entry.isDirectory()) count += countUpTo(join(path, entry.name), limit - count);
    }
    return count;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return 0;
    throw error;
  }
}
