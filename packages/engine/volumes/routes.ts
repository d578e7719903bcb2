/** Engine API, volumes. */
import { Unavailable } from '#base';
import { createVolumeBody } from '#spec';
import type { Engine } from '../context.ts';
import type { Route } from '../router.ts';
import { createVolume } from './create.ts';
import { listVolumes, volumeFilters } from './list.ts';
import { pruneVolumes, volumePruneFilters } from './prune.ts';
import { removeVolume } from './remove.ts';
import { volumeResource } from './resource.ts';

export function volumeRoutes(engine: Pick<Engine, 'volumes' | 'containers' | 'events' | 'log'>): Route[] {
  return [
    {
      method: 'GET',
      path: '/volumes',
      handle: async (request, reply) => reply.json(200, await listVolumes(engine, request.filters(volumeFilters))),
    },
    {
      method: 'POST',
      path: '/volumes/create',
      handle: async (request, reply) => reply.json(201, await createVolume(engine, await request.json(createVolumeBody))),
    },
    {
      method: 'POST',
      path: '/volumes/prune',
      handle: async (request, reply) => {
        const options = { all: !request.atLeast('1.42') };
        reply.json(200, await pruneVolumes(engine, request.filters(volumePruneFilters), options));
      },
    },
    {
      method: 'GET',
      path: '/volumes/{name}',
      handle: async (request, reply) => reply.json(200, volumeResource(await engine.volumes.look(request.path['name'] ?? ''))),
    },
    {
      method: 'DELETE',
      path: '/volumes/{name}',
      handle: async (request, reply) => {
        await removeVolume(engine, request.path['name'] ?? '', { force: request.flag('force') });
        reply.empty(204);
      },
    },
    {
      method: 'PUT',
      path: '/volumes/{name}',
      since: '1.42',
      handle: () => {
        throw new Unavailable('volume update only valid for cluster volumes, but swarm is unavailable');
      },
    },
  ];
}
