import { parseImageConfig, parseImageDocument, familiarReference, familiarRepository, withDefaultTag } from '#spec';
import type { Descriptor, ImageRef, Platform } from '#spec';
import type { ImagesContext } from './context.ts';
import { pullFailure } from './distribution/failures.ts';
import { firstEndpoint } from './distribution/first-endpoint.ts';
import type { RemoteRepository } from './distribution/repository.ts';
import type { Images } from './port.ts';

/** What a reference stands for at its registry now, and for which platforms, without fetching a layer. */
export async function resolve(context: Pick<ImagesContext, 'registries'>, wanted: ImageRef, options: Parameters<Images['resolve']>[1]): ReturnType<Images['resolve']> {
  const ref = withDefaultTag(wanted);
  try {
    return await firstEndpoint(context, ref, 'pull', options, (repository) => describe(repository, ref));
  } catch (error) {
    throw pullFailure(error, familiarRepository(ref), familiarReference(ref));
  }
}

async function describe(repository: RemoteRepository, ref: ImageRef): Promise<{ descriptor: Descriptor; platforms: Platform[] }> {
  const { digest, mediaType: declared, bytes } = await repository.manifest(ref.digest ?? ref.tag ?? 'latest');
  const document = parseImageDocument(bytes, declared);
  const descriptor = { mediaType: document.mediaType, digest, size: bytes.length };
  if (document.kind === 'index') return { descriptor, platforms: document.index.manifests.flatMap((entry) => (entry.platform ? [entry.platform] : [])) };
  const { os, architecture, variant } = parseImageConfig(await repository.document(document.manifest.config.digest, 8 << 20));
  return { descriptor, platforms: [{ architecture, os, ...(variant ? { variant } : {}) }] };
}
