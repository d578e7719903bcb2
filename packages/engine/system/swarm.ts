/**
 * What swarm mode and plugins answer on a daemon that has neither: dockerd's own words for a node outside a swarm, and
 * an empty set of plugins. Joining or making a swarm is not built and says so by name.
 */
import { Internal, InvalidArgument, messageOf, NotFound, NotImplemented, quote, Unavailable } from '#base';
import { object, parseReference, type Shape } from '#spec';
import type { ApiRequest, Method, Route } from '../router.ts';

export const notAManager =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const notInSwarm = 'This node is not part of a swarm';

const managerOnly: readonly (readonly [Method, string])[] = [
  ['GET', '/swarm'],
  ['GET', '/swarm/unlockkey'],
  ['GET', '/nodes'],
  ['GET', '/nodes/{id}'],
  ['DELETE', '/nodes/{id}'],
  ['GET', '/services'],
  ['GET', '/services/{id}'],
  ['DELETE', '/services/{id}'],
  ['GET', '/services/{id}/logs'],
  ['GET', '/tasks'],
  ['GET', '/tasks/{id}'],
  ['GET', '/tasks/{id}/logs'],
  ['GET', '/secrets'],
  ['GET', '/secrets/{id}'],
  ['DELETE', '/secrets/{id}'],
  ['GET', '/configs'],
  ['GET', '/configs/{id}'],
  ['DELETE', '/configs/{id}'],
];

/** What is to be made is read first: a body that cannot be read is told before that there is no swarm. */
const made: readonly (readonly [path: string, body: string])[] = [
  ['/swarm/unlock', 'UnlockRequest'],
  ['/services/create', 'ServiceSpec'],
  ['/secrets/create', 'SecretSpec'],
  ['/configs/create', 'ConfigSpec'],
];

const onePlugin: readonly (readonly [Method, string])[] = [
  ['GET', '/plugins/{name:.*}/json'],
  ['POST', '/plugins/{name:.*}/disable'],
  ['POST', '/plugins/{name:.*}/push'],
  ['DELETE', '/plugins/{name:.*}'],
];

/** Swarm, nodes, services, tasks, secrets and configs of a node outside a swarm. */
export function swarmRoutes(): Route[] {
  return [
    ...managerOnly.map(([method, path]) => refusing(method, path, notAManager)),
    ...made.map(([path, body]): Route => ({
      method: 'POST',
      path,
      handle: async (request) => {
        await request.json(object(body, {}));
        throw new Unavailable(notAManager);
      },
    })),
    refusing('POST', '/swarm/leave', notInSwarm),
    ...updates(),
    addressed('/swarm/init'),
    addressed('/swarm/join'),
  ];
}

/** Changes of what has versions: what it is to be is read first, then which one is meant. */
function updates(): Route[] {
  const complaint = (kind: string, version: string): string => `invalid ${kind} version '${version}': strconv.ParseUint: parsing ${quote(version)}: invalid syntax`;
  const updated: readonly (readonly [path: string, body: string, complain: (version: string) => string])[] = [
    ['/swarm/update', 'Spec', (version) => complaint('swarm', version)],
    ['/nodes/{id}/update', 'NodeSpec', (version) => complaint('node', version)],
    ['/services/{id}/update', 'ServiceSpec', (version) => complaint('service', version)],
    ['/secrets/{id}/update', 'SecretSpec', () => 'invalid secret version'],
    ['/configs/{id}/update', 'ConfigSpec', () => 'invalid config version'],
  ];
  return updated.map(([path, body, complain]) => ({
    method: 'POST',
    path,
    handle: async (request) => {
      await request.json(object(body, {}));
      const version = request.query.get('version') ?? '';
      if (!/^\d+$/.test(version)) throw new InvalidArgument(complain(version));
      throw new Unavailable(notAManager);
    },
  }));
}

const swarmBody = object<{ ListenAddr?: string }>('InitRequest', { ListenAddr: 'string' });

/** Making or joining a swarm is not built; what could not work anyway is told first. */
function addressed(path: string): Route {
  return {
    method: 'POST',
    path,
    handle: async (request) => {
      const { ListenAddr = '' } = await request.json(swarmBody);
      if (!ListenAddr) throw new InvalidArgument('invalid ListenAddr "": invalid empty address');
      throw new NotImplemented(`not implemented: POST ${path}`);
    },
  };
}

/** Managed plugins: there are none. */
export function pluginRoutes(): Route[] {
  const none: Route['handle'] = (_, reply) => reply.json(200, []);
  return [
    { method: 'GET', path: '/plugins', handle: none },
    remote('GET', '/plugins/privileges'),
    remote('POST', '/plugins/pull', privilege),
    { method: 'POST', path: '/plugins/{name:.*}/set', handle: async (request) => (await request.list('string'), notThere(request)) },
    remote('POST', '/plugins/{name:.*}/upgrade', privilege, notThere),
    { method: 'POST', path: '/plugins/{name:.*}/enable', handle: enable },
    ...onePlugin.map(([method, path]): Route => ({ method, path, handle: notThere })),
  ];
}

/** What asks a registry for a plugin, by name. */
function remote(method: Method, path: string, body?: Shape, otherwise?: (request: ApiRequest) => never): Route {
  return {
    method,
    path,
    handle: async (request) => {
      if (body) await request.list(body);
      try {
        parseReference(request.query.get('remote') ?? '');
      } catch (error) {
        throw new Internal(messageOf(error), { cause: error }); // dockerd answers 500
      }
      otherwise?.(request);
      throw new NotImplemented(`not implemented: ${method} ${path}`);
    },
  };
}

/** What a plugin asks for, which who installs it grants. */
const privilege = object('PluginPrivilege', {});

function notThere(request: ApiRequest): never {
  throw new NotFound(`plugin ${quote(request.path['name'] ?? '')} not found`);
}

const enable: Route['handle'] = (request) => {
  const timeout = request.query.get('timeout') ?? '';
  if (!/^[+-]?\d+$/.test(timeout)) throw new Internal(`strconv.Atoi: parsing ${quote(timeout)}: invalid syntax`);
  notThere(request);
};

function refusing(method: Method, path: string, message: string): Route {
  return {
    method,
    path,
    handle: () => {
      throw new Unavailable(message);
    },
  };
}
