import { NaruError } from '#base';
import type { ImageRef } from '#spec';
import type { ImagesContext } from '../context.ts';
import type { RegistryAuth } from '../port.ts';
import { TransportError } from './failures.ts';
import { RemoteRepository } from './repository.ts';
import type { Session } from './session.ts';

/**
 * Does `work` against the first address of the reference's registry that serves it. A mirror that fails in any way is
 * passed over; another address only when nobody answers there. Throws what the last one said.
 */
export async function firstEndpoint<T>(
  context: Pick<ImagesContext, 'registries'>,
  ref: ImageRef,
  actions: 'pull' | 'pull,push',
  options: { auth?: RegistryAuth; signal?: AbortSignal },
  work: (repository: RemoteRepository) => Promise<T>,
): Promise<T> {
  const sessions = (await context.registries.sessions(ref.domain, options.auth)).filter((session) => actions === 'pull' || !session.endpoint.mirror);
  let last: unknown;
  for (const session of sessions) {
    try {
      return await work(new RemoteRepository(session, ref.path, actions, options.signal));
    } catch (error) {
      if (!passesOver(error, session)) throw error;
      last = error;
    }
  }
  throw last;
}

function passesOver(error: unknown, session: Session): boolean {
  if (session.endpoint.mirror) return error instanceof NaruError && error.kind !== 'Cancelled';
  return error instanceof TransportError && !session.reached;
}
