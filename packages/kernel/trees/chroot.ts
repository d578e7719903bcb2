import { rootIsLowest } from '../files/index.ts';
import { pool } from './pool.ts';

/**
 * Whether this process's root is another than its mount namespace's (chroot(2)): setns(2) would lead out of it. Where the
 * kernel tells of its mounts a look is enough; otherwise a thread enters the namespace anew. Throws SystemError where
 * that is not allowed.
 */
export async function isBelowChroot(): Promise<boolean> {
  return !isLowest() && pool.run('belowChroot', {});
}

function isLowest(): boolean {
  try {
    return rootIsLowest();
  } catch {
    return false; // an older kernel, or not shown to us
  }
}
