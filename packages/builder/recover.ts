import type { Snapshotter } from '#snapshots';
import type { Supervisor } from '#supervisor';

/** Snapshots of a build bear this before their name, so that a later daemon knows what they are. */
export const snapshotPrefix = 'build-';

/** Removes the containers and snapshots of builds that a killed daemon left. Call it when the supervisor has recovered. */
export async function recoverBuilds(supervisor: Pick<Supervisor, 'list' | 'remove'>, snapshots: Pick<Snapshotter, 'list' | 'remove'>): Promise<void> {
  for (const { id } of supervisor.list('builder')) await supervisor.remove(id, { force: true });
  for (const { key } of snapshots.list()) if (key.startsWith(snapshotPrefix)) await snapshots.remove(key);
}
