/** Engine API, networks. */
import { requireBool } from '#base';
import { connectNetworkBody, createNetworkBody, disconnectNetworkBody } from '#spec';
import type { Engine } from '../context.ts';
import { pruneFilters } from '../prune.ts';
import type { ApiReply, ApiRequest, Route } from '../router.ts';
import { connectNetwork } from './connect.ts';
import { createNetwork } from './create.ts';
import { disconnectNetwork } from './disconnect.ts';
import { inspectNetwork } from './inspect.ts';
import { listNetworks, networkFilters } from './list.ts';
import { pruneNetworks } from './prune.ts';
import { removeNetwork } from './remove.ts';

type Room = Pick<Engine, 'config' | 'networks' | 'containers' | 'supervisor' | 'events' | 'lives' | 'clock' | 'log'>;

export function networkRoutes(engine: Room): Route[] {
  return [
    { method: 'GET', path: '/networks', handle: (request, reply) => list(engine, request, reply) },
    { method: 'GET', path: '/networks/', handle: (request, reply) => list(engine, request, reply) },
    {
      method: 'POST',
      path: '/networks/create',
      handle: async (request, reply) => {
        const network = await createNetwork(engine, await request.json(createNetworkBody));
        reply.json(201, { Id: network.id, Warning: '' });
      },
    },
    {
      method: 'POST',
      path: '/networks/prune',
      handle: async (request, reply) => reply.json(200, await pruneNetworks(engine, request.filters(pruneFilters))),
    },
    {
      method: 'GET',
      path: '/networks/{id:.*}',
      handle: (request, reply) => {
        const verbose = request.query.get('verbose') ?? '';
        if (verbose !== '') requireBool(verbose, `invalid value for verbose: ${verbose}`);
        const options = { scope: request.query.get('scope') ?? '', showIPv4: request.atLeast('1.47') };
        reply.json(200, inspectNetwork(engine, idOf(request), options));
      },
    },
    {
      method: 'DELETE',
      path: '/networks/{id:.*}',
      handle: async (request, reply) => {
        await removeNetwork(engine, idOf(request));
        reply.empty(204);
      },
    },
    {
      method: 'POST',
      path: '/networks/{id:.*}/connect',
      handle: async (request, reply) => {
        await connectNetwork(engine, idOf(request), await request.json(connectNetworkBody), request.atLeast('1.52'));
        reply.empty(200);
      },
    },
    {
      method: 'POST',
      path: '/networks/{id:.*}/disconnect',
      handle: async (request, reply) => {
        await disconnectNetwork(engine, idOf(request), await request.json(disconnectNetworkBody));
        reply.empty(200);
      },
    },
  ];
}

function list(engine: Room, request: ApiRequest, reply: ApiReply): void {
  const options = { detailed: !request.atLeast('1.28'), showIPv4: request.atLeast('1.47') };
  reply.json(200, listNetworks(engine, request.filters(networkFilters), options));
}

function idOf(request: ApiRequest): string {
  return request.path['id'] ?? '';
}
