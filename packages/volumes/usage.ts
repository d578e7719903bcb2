import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#base';

/** Bytes of every file below `directory`, hard links counted once; what vanishes meanwhile counts nothing. */
export async function treeSize(directory: string, seen = new Set<string>()): Promise<number> {
  let total = 0;
  for (const entry of await orEmpty(readdir(directory, { withFileTypes: true }))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) total += await treeSize(path, seen);
    else total += await fileSize(path, seen);
  }
  return total;
}

async function fileSize(path: string, seen: Set<string>): Promise<number> {
  const [stats] = await orEmpty(lstat(path).then((it) => [it]));
  if (!stats) return 0;
  const inode = `${stats.dev}:${stats.ino}`;
  if (stats.nlink > 1 && seen.has(inode)) return 0;
  seen.add(inode);
  return stats.size;
}

async function orEmpty<T>(work: Promise<T[]>): Promise<T[]> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
