/** Engine API, the daemon itself; and what belongs to parts that it does not have. */
import { NotImplemented } from '#base';
import type { Engine } from '../context.ts';
import type { ApiReply, ApiRequest, Route } from '../router.ts';
import { diskUsage } from './df.ts';
import { usageFigures } from './df-figures.ts';
import { streamEvents } from './events.ts';
import { systemInfo } from './info.ts';
import { ping } from './ping.ts';
import { pluginRoutes, swarmRoutes } from './swarm.ts';
import { systemVersion } from './version.ts';

type Room = Omit<Engine, 'builder' | 'execs'>;

export function systemRoutes(engine: Room): Route[] {
  const info = systemInfo(engine);
  return [
    { method: 'GET', path: '/_ping', handle: ping },
    { method: 'HEAD', path: '/_ping', handle: ping },
    { method: 'GET', path: '/version', handle: (_, reply) => reply.json(200, systemVersion(engine.config)) },
    { method: 'GET', path: '/info', handle: async (request, reply) => reply.json(200, await info(request)) },
    { method: 'GET', path: '/events', handle: (request, reply) => streamEvents(engine, request, reply) },
    { method: 'GET', path: '/system/df', handle: (request, reply) => df(engine, request, reply) },
    ...buildKit(),
    ...swarmRoutes(),
    ...pluginRoutes(),
  ];
}

async function df(engine: Room, request: ApiRequest, reply: ApiReply): Promise<void> {
  const types = request.query.getAll('type');
  const usage = await diskUsage(engine, types);
  const verbose = request.flag('verbose');
  const figures = request.atLeast('1.52') ? usageFigures(usage, { verbose }) : {};
  const legacy = request.atLeast('1.53') || verbose ? {} : usage;
  reply.json(200, { ...legacy, ...figures });
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
