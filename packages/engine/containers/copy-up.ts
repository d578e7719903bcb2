/** A new, empty volume starts with what the image has at its place (unless `nocopy`). */
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#base';
import type { Engine } from '../context.ts';
import { copyTree } from './copy-tree.ts';
import type { ContainerRecord } from './record.ts';
import type { WantedMount } from './spec/bind.ts';

type Needs = Pick<Engine, 'supervisor' | 'volumes' | 'snapshots'>;

/** The container's snapshot must exist. Costs nothing where the image has nothing at the volume's place. */
export async function fillNewVolumes(engine: Needs, record: ContainerRecord): Promise<void> {
  for (const mount of record.wantedMounts) {
    if (mount.type !== 'volume' || mount.noCopy || mount.subpath !== '') continue;
    const { mountpoint } = engine.volumes.find(mount.source);
    if (imageHas(engine, record.id, mount) && (await isEmpty(mountpoint))) {
      await engine.supervisor.withRoot(record.id, (root) => copyTree(root, mount.destination, mountpoint));
    }
  }
}

/** A cheap look before mounting anything; a link on the way counts as something. */
function imageHas(engine: Needs, id: string, mount: WantedMount): boolean {
  return engine.snapshots.lowerPaths(id).some((layer) => lstatSync(join(layer, mount.destination), { throwIfNoEntry: false }) !== undefined);
}

async function isEmpty(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    // A volume of another driver has no directory here.
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
