import { Unavailable } from '#base';
import type { CreateVolumeBody, VolumeResource } from '#spec';
import type { Engine } from '../context.ts';
import { notAManager } from '../system/swarm.ts';
import { volumeResource } from './resource.ts';

/** Makes a volume, or gives the one of that name; an event tells of new ones alone. Throws in Docker's words for bad names, drivers and options. */
export async function createVolume(engine: Pick<Engine, 'volumes' | 'events'>, body: CreateVolumeBody): Promise<VolumeResource> {
  if (body.ClusterVolumeSpec) throw new Unavailable(notAManager);
  const known = new Set(engine.volumes.list().map((volume) => volume.name));
  const volume = await engine.volumes.create({
    name: body.Name ?? '',
    ...(body.Driver ? { driver: body.Driver } : {}),
    labels: body.Labels ?? null,
    options: body.DriverOpts ?? null,
  });
  if (!known.has(volume.name)) engine.events.publish('volume', 'create', volume.name, { driver: volume.driver });
  return volumeResource(volume);
}
