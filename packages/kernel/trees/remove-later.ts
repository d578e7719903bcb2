/**
 * Deleting behind everyone's back: on some disks (mounted with `discard`, say) each freed block costs a millisecond, and
 * nobody should wait for that. Trees go one after another; what a killed process leaves, its owner's `recover` finds.
 */
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#base';
import { pool } from './pool.ts';

/** A tree of more entries is left to a worker. */
const few = 200;

let tail: Promise<void> = Promise.resolve();

/** Deletes the tree soon; absent is fine. Nobody may use its path again. `onFailure` hears why something stayed. */
export function removeTreeLater(path: string, onFailure: (error: unknown) => void): void {
  tail = tail.then(() => removeTree(path)).catch(onFailure);
}

/** Resolves when everything given to `removeTreeLater` so far is gone. */
export function removalsDone(): Promise<void> {
  return tail;
}

async function removeTree(path: string): Promise<void> {
  try {
    const left = await removeEntries(path, few);
    if (left <= 0) await pool.run('remove', { path });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Deletes the directory and what is in it, up to `budget` entries; gives what is left of that. */
async function removeEntries(directory: string, budget: number): Promise<number> {
  let left = budget;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (left <= 0) return 0;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) left = await removeEntries(path, left - 1);
    else {
      await unlink(path);
      left--;
    }
  }
  if (left > 0) await rmdir(directory);
  return left;
}
