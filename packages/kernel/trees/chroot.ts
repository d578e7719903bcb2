import { readlinkSync } from 'node:fs';
import { placeOf } from '../files/index.ts';
import { pool } from './pool.ts';

/**
 * Whether this process's root is another than its mount namespace's (chroot(2)): setns(2) would lead out of it. Where
 * process 1 shows its root a look at that is enough; otherwise a thread enters the namespace anew. Throws SystemError
 * where that is not allowed.
 */
export async function isBelowChroot(): Promise<boolean> {
  return !isRootOfInit() && pool.run('belowChroot', {});
}

function isRootOfInit(): boolean {
  try {
    return readlinkSync('/proc/1/ns/mnt') === readlinkSync('/proc/self/ns/mnt') && placeOf('/') === placeOf('/proc/1/root/');
  } catch {
    return false; // not shown to us
  }
}
