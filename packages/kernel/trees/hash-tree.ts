import { pool } from './pool.ts';
import { hashOf } from './hash.ts';
import { isSmall } from './small.ts';

/**
 * A checksum (sha256, hex) of a file or of everything below a directory: names, kinds, modes, link targets, device
 * numbers, attributes and contents, with `owners` uid and gid too; never times. Links are not followed. Large trees
 * are read by a worker.
 */
export async function hashTree(path: string, { owners }: { owners: boolean }): Promise<string> {
  return isSmall(path) ? hashOf(path, owners) : pool.run('hash', { path, owners });
}
