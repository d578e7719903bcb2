import { pool } from './pool.ts';
import { relabel, type RelabelInput } from './relabel.ts';
import { isSmall } from './small.ts';

/**
 * Gives a file, or a directory and everything in it, a label of SELinux's. Containers may be writing there: `path` has no
 * symbolic link in it (ELOOP), and those that lie in the tree are labelled themselves, never followed. A file system without labels is
 * left as it is. Large trees are labelled by a worker.
 */
export async function relabelTree(input: RelabelInput): Promise<void> {
  if (isSmall(input.path)) relabel(input);
  else await pool.run('relabel', input);
}
