/** Steps that change files without running anything: they write into a snapshot of their own. */
import type { Image } from '#images';
import { withMounts } from '#snapshots';
import { chainOf } from './base-image.ts';
import type { StepLayer } from './commit.ts';
import { newContainerId } from './dispatch/step.ts';
import { snapshotPrefix } from './recover.ts';
import type { Session } from './session.ts';

/**
 * Gives `work` the file system of the stage's image, writable, and commits what it changed as a layer. Nothing is left
 * when it throws.
 */
export async function writeLayer(session: Session, image: Image | undefined, work: (root: string) => Promise<void>): Promise<StepLayer> {
  const { snapshots, images } = session;
  const key = snapshotPrefix + newContainerId();
  const parent = await chainOf(session, image);
  const mounts = await snapshots.prepare(key, parent, { volatile: true });
  try {
    await withMounts(mounts, work);
    return await images.commitLayer(key, parent, { consume: true });
  } finally {
    await snapshots.remove(key);
  }
}

/** Gives `work` the files of an image, read-only. */
export async function readImage<T>(session: Session, image: Image | undefined, work: (root: string) => Promise<T>): Promise<T> {
  const { snapshots } = session;
  const key = snapshotPrefix + newContainerId();
  const mounts = await snapshots.view(key, await chainOf(session, image));
  try {
    return await withMounts(mounts, work);
  } finally {
    await snapshots.remove(key);
  }
}
