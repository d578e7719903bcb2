/** A new, empty volume starts with what the image has at its place (unless `nocopy`). */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { copyUp } from '#volumes';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';
import type { WantedMount } from './spec/bind.ts';

type Needs = Pick<Engine, 'supervisor' | 'volumes' | 'snapshots'>;

/** The container's snapshot must exist. Costs nothing where the image has nothing at the volume's place. */
export async function fillNewVolumes(engine: Needs, record: ContainerRecord): Promise<void> {
  for (const mount of record.wantedMounts) {
    if (mount.type !== 'volume' || mount.noCopy || mount.subpath !== '' || !imageHas(engine, record.id, mount)) continue;
    await fill(engine, record.id, mount);
  }
}

/** The driver brings the files for as long as it takes. */
async function fill(engine: Needs, id: string, mount: WantedMount): Promise<void> {
  await engine.volumes.acquire(mount.source, id);
  try {
    const { mountpoint } = engine.volumes.find(mount.source);
    if (existsSync(mountpoint)) await engine.supervisor.withRoot(id, (root) => copyUp(root, mount.destination, mountpoint));
  } finally {
    await engine.volumes.release(mount.source, id);
  }
}

/** A cheap look before mounting anything; a link on the way counts as something. */
function imageHas(engine: Needs, id: string, mount: WantedMount): boolean {
  return engine.snapshots.lowerPaths(id).some((layer) => lstatSync(join(layer, mount.destination), { throwIfNoEntry: false }) !== undefined);
}
