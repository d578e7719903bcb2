/** A new, empty volume starts with what the image has at its place (unless `nocopy`). */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tolerating } from '#base';
import { copyUp, requireMountPlace } from '#volumes';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';
import type { WantedMount } from './spec/bind.ts';

type Needs = Pick<Engine, 'supervisor' | 'volumes' | 'snapshots'>;

/** The container's snapshot must exist. Costs nothing where the image has nothing at the volume's place. */
export async function fillNewVolumes(engine: Needs, record: ContainerRecord): Promise<void> {
  for (const mount of record.wantedMounts) {
    if (mount.type !== 'volume' || mount.noCopy || !imageHas(engine, record.id, mount)) continue;
    await fill(engine, record.id, mount);
  }
}

/** The driver brings the files for as long as it takes. */
async function fill(engine: Needs, id: string, mount: WantedMount): Promise<void> {
  await engine.volumes.acquire(mount.source, id);
  try {
    const { mountpoint, anonymous } = engine.volumes.find(mount.source);
    const target = placeIn(mountpoint, mount.subpath);
    await engine.supervisor.withRoot(id, async (root) => {
      if (anonymous) requireMountPlace(root, mount.destination);
      if (target !== undefined) await copyUp(root, mount.destination, target);
    });
  } finally {
    await engine.volumes.release(mount.source, id);
  }
}

/** The directory that is mounted; undefined when it is none, or not inside: what is wrong then the start tells. */
function placeIn(mountpoint: string, subpath: string): string | undefined {
  const path = join(mountpoint, subpath);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const [place, root] = [realpathSync(path), realpathSync(mountpoint)];
  return place === root || place.startsWith(`${root}/`) ? place : undefined;
}

/** A cheap look before mounting anything; a link on the way counts as something. */
function imageHas(engine: Needs, id: string, mount: WantedMount): boolean {
  return engine.snapshots.lowerPaths(id).some((layer) => isThere(join(layer, mount.destination)));
}

/** A file on the way counts as something too. */
function isThere(path: string): boolean {
  return tolerating(['ENOTDIR'], true, () => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}
