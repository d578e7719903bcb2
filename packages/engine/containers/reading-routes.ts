/** Engine API, containers: the routes that only look. */
import type { Engine } from '../context.ts';
import type { Route } from '../router.ts';
import { containerChanges } from './changes.ts';
import { containerLogs } from './logs.ts';
import { containerStats } from './stats.ts';
import { topContainer } from './top.ts';

export function readingRoutes(engine: Pick<Engine, 'containers' | 'supervisor' | 'snapshots' | 'networks' | 'events' | 'succession'>): Route[] {
  return [
    { method: 'GET', path: '/containers/{id}/logs', handle: (request, reply) => containerLogs(engine, request, reply) },
    { method: 'GET', path: '/containers/{id}/stats', handle: (request, reply) => containerStats(engine, request, reply) },
    {
      method: 'GET',
      path: '/containers/{id}/top',
      handle: async (request, reply) => reply.json(200, await topContainer(engine, request.path['id'] ?? '', request.query.get('ps_args') ?? '')),
    },
    {
      method: 'GET',
      path: '/containers/{id}/changes',
      handle: async (request, reply) => reply.json(200, await containerChanges(engine, request.path['id'] ?? '')),
    },
  ];
}
