import type { RegistryAuth } from '#images';
import { familiarReference, familiarRepository, parseReference, withTag } from '#spec';
import type { Engine } from '../context.ts';
import type { ProgressOutput } from '../progress/output.ts';
import { reportTo } from '../progress/report.ts';

export interface PushImage {
  readonly name: string;
  /** '' pushes every tag of the repository. */
  readonly tag: string;
  readonly auth: RegistryAuth;
  readonly signal: AbortSignal;
}

/** Sends an image to its registry and tells the progress. Throws InvalidArgument for a name that is none. */
export async function pushImage(engine: Pick<Engine, 'images' | 'events'>, request: PushImage, output: ProgressOutput): Promise<void> {
  const name = parseReference(request.name);
  const ref = request.tag === '' ? name : withTag(name, request.tag);
  await engine.images.push(ref, { auth: request.auth, signal: request.signal }, reportTo(output));
  engine.events.publish('image', 'push', familiarReference(ref), { name: familiarRepository(ref) });
}
