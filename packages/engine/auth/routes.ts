/** Engine API: credentials, and what registries hold. */
import { authConfig, parseReference, withDefaultTag } from '#spec';
import type { Engine } from '../context.ts';
import type { Route } from '../router.ts';
import { authOf, fromConfig } from './header.ts';

export function authRoutes(engine: Pick<Engine, 'images'>): Route[] {
  return [
    {
      method: 'POST',
      path: '/auth',
      handle: async (request, reply) => {
        const auth = { ...fromConfig(await request.json(authConfig)), upstreamClient: request.headers['user-agent'] };
        const { identityToken } = await engine.images.login(auth, { signal: request.signal });
        reply.json(200, { IdentityToken: identityToken, Status: 'Login Succeeded' });
      },
    },
    {
      method: 'GET',
      path: '/distribution/{name:.*}/json',
      handle: async (request, reply) => {
        const ref = withDefaultTag(parseReference(request.path['name'] ?? ''));
        const auth = authOf(request);
        const { descriptor, platforms } = await engine.images.resolve(ref, { auth, signal: request.signal });
        reply.json(200, { Descriptor: descriptor, Platforms: platforms });
      },
    },
  ];
}
