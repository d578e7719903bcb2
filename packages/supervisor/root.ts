/**
 * Reaching a container's files from outside: through `/proc/PID/root` while it runs; through a mount that is attached
 * nowhere and ends with its descriptor while it does not, so that nothing can be left behind or be busy.
 *
 * The path leads into a tree that the container's processes may change under our hands: walk it with openat2.
 */
import { closeSync } from 'node:fs';
import { detachedMount } from '#kernel';
import { withInitLayer } from './init-layer.ts';
import { entryOf, type Room } from './room.ts';

export async function withRoot<T>(room: Room, id: string, work: (root: string) => Promise<T>): Promise<T> {
  const entry = entryOf(room, id);
  if (entry.task && (entry.status === 'running' || entry.status === 'paused')) return work(`/proc/${entry.pid}/root`);
  const [mount] = withInitLayer(room.snapshots.mounts(id), room.initLayer);
  if (!mount || mount.type === 'bind') return work(mount?.source ?? room.containersRoot);
  const descriptor = detachedMount(mount.type, mount.source, mount.options);
  try {
    return await work(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}
