import { InvalidArgument, isDigest } from '#base';
import { familiarReference, familiarRepository, parsePlatform, parseReference, withDigest, withTag, type ImageRef } from '#spec';
import type { RegistryAuth } from '#images';
import type { Engine } from '../context.ts';
import type { ProgressOutput } from '../progress/output.ts';
import { reportTo } from '../progress/report.ts';

export interface PullImage {
  readonly fromImage: string;
  /** A tag, a digest, or '' for all tags of the repository. */
  readonly tag: string;
  /** `linux/arm64`, '' for the host's. */
  readonly platform: string;
  readonly auth: RegistryAuth;
  readonly signal: AbortSignal;
}

/** Brings an image here and tells the progress. Throws InvalidArgument before anything is asked of a registry. */
export async function pullImage(engine: Pick<Engine, 'images' | 'events'>, request: PullImage, output: ProgressOutput): Promise<void> {
  const ref = referenceOf(request.fromImage, request.tag);
  const platform = request.platform === '' ? undefined : parsePlatform(request.platform);
  const image = await engine.images.pull(
    ref,
    {
      ...(platform ? { platform } : {}),
      auth: request.auth,
      allTags: ref.tag === undefined && ref.digest === undefined,
      signal: request.signal,
    },
    reportTo(output),
  );
  engine.events.publish('image', 'pull', familiarReference(ref), { ...image.config.config?.Labels, name: familiarRepository(ref) });
}

/** Old clients send `x:` for all tags of `x`. */
function referenceOf(name: string, tag: string): ImageRef {
  const ref = parseReference(name.replace(/:$/, ''));
  if (familiarRepository(ref) === 'scratch') throw new InvalidArgument("'scratch' is a reserved name");
  if (tag === '') return ref;
  return isDigest(tag) ? withDigest(ref, tag) : withTag(ref, tag);
}
