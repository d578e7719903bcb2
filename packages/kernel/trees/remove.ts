import { rmSync } from 'node:fs';
import { pool } from './pool.ts';
import { isSmall } from './small.ts';

/** Deletes a tree; absent is fine. Large ones are deleted by a worker. */
export async function removeTree(path: string): Promise<void> {
  if (isSmall(path)) removeTreeSync(path);
  else await pool.run('remove', { path });
}

/** Deletes a tree on this thread; absent is fine. */
export function removeTreeSync(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
