/** Engine API, volumes. */
import { InvalidArgument, messageOf, Unavailable } from '#base';
import { parseFilters, type Filters } from '../filters.ts';
import { createVolumeBody } from '#spec';
import type { Engine } from '../context.ts';
import type { ApiRequest, Route } from '../router.ts';
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
      handle: async (request, reply) => reply.json(200, await listVolumes(engine, filtersOf(request))),
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
      handle: () => {
        throw new Unavailable('volume update only valid for cluster volumes, but swarm is unavailable');
      },
    },
  ];
}

/** What is no document of filters is told apart from a filter that is not known. */
function filtersOf(request: ApiRequest): Filters {
  const text = request.query.get('filters') ?? '';
  try {
    parseFilters(text);
  } catch (error) {
    throw new InvalidArgument(`error reading volume filters: ${messageOf(error)}`, { cause: error });
  }
  return request.filters(volumeFilters);
}
