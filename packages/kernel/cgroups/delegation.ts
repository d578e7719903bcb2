import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tolerating } from '#base';
import { inUserNamespace } from '../user-namespace.ts';
import { cgroupLayout, DAEMON_LEAF } from './layout.ts';

/**
 * Moves whoever is in the cgroup that was delegated to us into a leaf of it: a cgroup that hands controllers down holds
 * no processes itself (cgroup-v2.rst, "No Internal Process Constraint"). Nothing to do for the host's root.
 */
export function makeRoomInDelegation(): void {
  const { v2 } = cgroupLayout();
  if (!v2 || !inUserNamespace()) return;
  const leaf = join(v2.mountPoint, DAEMON_LEAF);
  mkdirSync(leaf, { recursive: true });
  for (const pid of readFileSync(join(v2.mountPoint, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) move(pid, leaf);
}

/** One that has ended needs no moving; one that is not ours stays, and keeps controllers from being handed down. */
function move(pid: string, leaf: string): void {
  tolerating(['ESRCH', 'EACCES', 'EPERM'], undefined, () => writeFileSync(join(leaf, 'cgroup.procs'), pid));
}
