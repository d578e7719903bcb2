/**
 * What swarm mode and plugins answer on a daemon that has neither: dockerd's own words for a node outside a swarm, and
 * an empty set of plugins. Joining or making a swarm is not built and says so by name.
 */
import { NotFound, quote, Unavailable } from '#base';
import type { Method, Route } from '../router.ts';

export const notAManager =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const notInSwarm = 'This node is not part of a swarm';

const managerOnly: readonly (readonly [Method, string])[] = [
  ['GET', '/swarm'],
  ['POST', '/swarm/update'],
  ['GET', '/swarm/unlockkey'],
  ['POST', '/swarm/unlock'],
  ['GET', '/nodes'],
  ['GET', '/nodes/{id}'],
  ['DELETE', '/nodes/{id}'],
  ['POST', '/nodes/{id}/update'],
  ['GET', '/services'],
  ['POST', '/services/create'],
  ['GET', '/services/{id}'],
  ['DELETE', '/services/{id}'],
  ['POST', '/services/{id}/update'],
  ['GET', '/services/{id}/logs'],
  ['GET', '/tasks'],
  ['GET', '/tasks/{id}'],
  ['GET', '/tasks/{id}/logs'],
  ['GET', '/secrets'],
  ['POST', '/secrets/create'],
  ['GET', '/secrets/{id}'],
  ['DELETE', '/secrets/{id}'],
  ['POST', '/secrets/{id}/update'],
  ['GET', '/configs'],
  ['POST', '/configs/create'],
  ['GET', '/configs/{id}'],
  ['DELETE', '/configs/{id}'],
  ['POST', '/configs/{id}/update'],
];

const onePlugin: readonly (readonly [Method, string])[] = [
  ['GET', '/plugins/{name:.*}/json'],
  ['POST', '/plugins/{name:.*}/enable'],
  ['POST', '/plugins/{name:.*}/disable'],
  ['POST', '/plugins/{name:.*}/set'],
  ['POST', '/plugins/{name:.*}/push'],
  ['POST', '/plugins/{name:.*}/upgrade'],
  ['DELETE', '/plugins/{name:.*}'],
];

/** Swarm, nodes, services, tasks, secrets and configs of a node outside a swarm. */
export function swarmRoutes(): Route[] {
  return [
    ...managerOnly.map(([method, path]) => refusing(method, path, notAManager)),
    refusing('POST', '/swarm/leave', notInSwarm),
  ];
}

/** Managed plugins: there are none. */
export function pluginRoutes(): Route[] {
  const none: Route['handle'] = (_, reply) => reply.json(200, []);
  return [
    { method: 'GET', path: '/plugins', handle: none },
    { method: 'GET', path: '/plugins/privileges', handle: none },
    ...onePlugin.map(([method, path]): Route => ({
      method,
      path,
      handle: (request) => {
        throw new NotFound(`plugin ${quote(request.path['name'] ?? '')} not found`);
      },
    })),
  ];
}

function refusing(method: Method, path: string, message: string): Route {
  return {
    method,
    path,
    handle: () => {
      throw new Unavailable(message);
    },
  };
}
