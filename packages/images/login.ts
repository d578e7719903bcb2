import { Internal } from '#base';
import type { ImagesContext } from './context.ts';
import { failureOf, TransportError } from './distribution/failures.ts';
import type { Session } from './distribution/session.ts';
import type { RegistryAuth } from './port.ts';

/**
 * Tries credentials against their registry. Throws in Docker's words: where the registry says no,
 * `login attempt to http://HOST/v2/ failed with status: 401 Unauthorized`, where nobody answers, the failed request.
 */
export async function login(context: Pick<ImagesContext, 'registries'>, auth: RegistryAuth, options: { signal?: AbortSignal }): Promise<{ identityToken: string }> {
  let last: unknown = new Internal('no address to log in to');
  const sessions = (await context.registries.sessions(registryOf(auth.serverAddress), auth)).filter((session) => !session.endpoint.mirror);
  for (const session of sessions) {
    try {
      return await tryCredentials(session, options.signal);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      last = error;
    }
  }
  throw last;
}

async function tryCredentials(session: Session, signal: AbortSignal | undefined): Promise<{ identityToken: string }> {
  const reply = await session.send({ method: 'GET', path: 'v2/', scopes: [], signal });
  if (reply.statusCode !== 200 && reply.statusCode !== 401) throw await failureOf(reply);
  reply.resume();
  if (reply.statusCode === 401) throw new Internal(`login attempt to ${new URL('v2/', session.endpoint.url)} failed with status: 401 Unauthorized`);
  return { identityToken: session.identityToken };
}

/** `https://index.docker.io/v1/` is how clients name Docker Hub; others come as a host, with or without a scheme. */
function registryOf(address = ''): string {
  const host = address.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';
  return host === '' || host === 'index.docker.io' ? 'docker.io' : host;
}
