import { close } from 'node:fs';
import { promisify } from 'node:util';
import { Internal } from '#base';
import { detachedMount } from '#kernel';
import type { Mount } from './port.ts';

const closeInPool = promisify(close);

/**
 * Makes a snapshot's file system reachable for the time of `work`, which gets the path of its root. The mount is
 * attached to no directory: nobody else sees it, and it ends with this process at the latest, so also with kill -9.
 * Symbolic links inside are the snapshot's: open what you need below the root with openat2(RESOLVE_IN_ROOT).
 */
export async function withMounts<T>(mounts: readonly Mount[], work: (root: string) => Promise<T>): Promise<T> {
  const [mount, ...more] = mounts;
  if (!mount || more.length > 0) throw new Internal(`a snapshot of ${mounts.length} mounts cannot be reached`);
  if (mount.type === 'bind') return work(mount.source);
  const fd = detachedMount(mount.type, mount.source, mount.options);
  try {
    return await work(`/proc/self/fd/${fd}`);
  } finally {
    await closeInPool(fd); // The last close of an overlay syncs the disk below: not on this thread.
  }
}
