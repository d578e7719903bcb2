import { pool } from './pool.ts';
import { isSmall } from './small.ts';
import { usageOf } from './usage-of.ts';

/**
 * What a tree takes, hard links counted once: bytes of everything but directories, as Docker counts them, and inodes.
 * Large trees are read by a worker.
 */
export async function treeUsage(path: string): Promise<{ bytes: number; inodes: number }> {
  return isSmall(path) ? usageOf(path) : pool.run('usage', { path });
}
