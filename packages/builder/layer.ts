/** Steps that change files without running anything: they write into a snapshot of their own. */
import { closeSync } from 'node:fs';
import type { Image } from '#images';
import { detachedMount } from '#kernel';
import type { Mount } from '#snapshots';
import { chainOf } from './base-image.ts';
import type { StepLayer } from './commit.ts';
import { newContainerId } from './dispatch/step.ts';
import type { Session } from './session.ts';

/**
 * Gives `work` the file system of the stage's image, writable, and commits what it changed as a layer. Nothing is left
 * when it throws.
 */
export async function writeLayer(session: Session, image: Image['id'] | undefined, work: (root: string) => Promise<void>): Promise<StepLayer> {
  const { snapshots, images } = session;
  const key = `build-${newContainerId()}`;
  const parent = await chainOf(session, image);
  const mounts = await snapshots.prepare(key, parent, { volatile: true });
  try {
    await withMount(mounts, work);
    return await images.commitLayer(key, parent);
  } finally {
    await snapshots.remove(key);
  }
}

/** Gives `work` the files of an image, read-only. */
export async function readImage<T>(session: Session, image: Image['id'] | undefined, work: (root: string) => Promise<T>): Promise<T> {
  const { snapshots } = session;
  const key = `build-${newContainerId()}`;
  const mounts = await snapshots.view(key, await chainOf(session, image));
  try {
    return await withMount(mounts, work);
  } finally {
    await snapshots.remove(key);
  }
}

/** The mount is attached nowhere and ends with its descriptor: nobody else sees it, and kill -9 leaves nothing. */
async function withMount<T>([mount]: readonly Mount[], work: (root: string) => Promise<T>): Promise<T> {
  if (!mount) throw new Error('a snapshot without a mount');
  if (mount.type === 'bind') return work(mount.source);
  const descriptor = detachedMount(mount.type, mount.source, mount.options);
  try {
    return await work(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}
