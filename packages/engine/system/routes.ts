/** Engine API, the daemon itself; and what belongs to parts that it does not have. */
import { NotImplemented } from '#base';
import type { Engine } from '../context.ts';
import type { Route } from '../router.ts';
import { streamEvents } from './events.ts';
import { systemInfo } from './info.ts';
import { ping } from './ping.ts';
import { pluginRoutes, swarmRoutes } from './swarm.ts';
import { systemVersion } from './version.ts';

type Room = Pick<Engine, 'config' | 'db' | 'images' | 'supervisor' | 'containers' | 'snapshots' | 'events' | 'clock'>;

export function systemRoutes(engine: Room): Route[] {
  const info = systemInfo(engine);
  return [
    { method: 'GET', path: '/_ping', handle: ping },
    { method: 'HEAD', path: '/_ping', handle: ping },
    { method: 'GET', path: '/version', handle: (_, reply) => reply.json(200, systemVersion()) },
    { method: 'GET', path: '/info', handle: (request, reply) => reply.json(200, info(request)) },
    { method: 'GET', path: '/events', handle: (request, reply) => streamEvents(engine, request, reply) },
    ...buildKit(),
    ...swarmRoutes(),
    ...pluginRoutes(),
  ];
}

/** The doors that BuildKit's clients knock at. */
function buildKit(): Route[] {
  return ['/session', '/grpc'].map((path) => ({
    method: 'POST',
    path,
    handle: () => {
      throw new NotImplemented(`not implemented: POST ${path} (BuildKit); DOCKER_BUILDKIT=0 chooses the classic builder`);
    },
  }));
}
