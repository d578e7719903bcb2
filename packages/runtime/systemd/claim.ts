/**
 * An ordinary user's daemon has his systemd give it a scope of its own, in which the limits of containers hold: where it was
 * started nothing may be delegated to him (a login's session belongs to the system), or others may live there too.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupLayout } from '#kernel';
import { hasOwnManager, SystemdManager } from './manager.ts';

/** Moves this process. False where it has a cgroup to itself already, or there is no such manager. Throws what the manager says. */
export async function claimScope(): Promise<boolean> {
  if (isAlone() || !hasOwnManager()) return false;
  using manager = await SystemdManager.open(true);
  await manager.startTransient(`naru-${randomUUID().slice(0, 8)}.scope`, [
    ['Description', { signature: 's', value: 'Naru, and its containers' }],
    ['Delegate', { signature: 'b', value: true }],
    ['PIDs', { signature: 'au', value: [process.pid] }],
  ]);
  return true;
}

/** In a cgroup that is the user's, with nobody else in it. */
function isAlone(): boolean {
  const { v2 } = cgroupLayout();
  if (!v2) return false;
  const members = readFileSync(join(v2.mountPoint, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
  return members.every((pid) => Number(pid) === process.pid);
}
