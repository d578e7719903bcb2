import { DataLoss, InvalidArgument, NotFound } from '#base';
import type { Digest } from '#base';
import { familiarReference, formatPlatform, hostPlatform, isSchema1Type, mediaTypes, parseImageDocument, platformFit } from '#spec';
import type { Descriptor, ImageRef, Index, Manifest, Platform } from '#spec';
import type { ImagesContext } from '../context.ts';
import type { RemoteRepository } from '../distribution/repository.ts';

const configTypes: readonly string[] = [mediaTypes.ociConfig, mediaTypes.dockerConfig, 'application/octet-stream', 'text/html', ''];

export interface ChosenManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  /** Every document read on the way, the chosen manifest's included. */
  readonly documents: readonly Digest[];
}

export interface ManifestChoice {
  readonly ref: ImageRef;
  /** What the reference stands for now. */
  readonly top: Digest;
  readonly platform: Platform | undefined;
  /** Is told each document before it is stored. */
  readonly hold: (digest: Digest) => void;
}

/**
 * Reads what a reference resolved to, through an index to the manifest for `platform`, and stores each document as it
 * came. Refuses schema 1 and what is no image.
 */
export async function chooseManifest(
  context: ImagesContext,
  repository: RemoteRepository,
  { ref, top, platform, hold }: ManifestChoice,
): Promise<ChosenManifest> {
  hold(top);
  const first = await storedDocument(context, repository, ref, top);
  if (first.document.kind === 'manifest') return { descriptor: first.descriptor, manifest: imageManifest(first.document.manifest), documents: [top] };
  const entry = bestEntry(first.document.index, platform ?? hostPlatform());
  hold(entry.digest);
  const second = await storedDocument(context, repository, ref, entry.digest, entry.mediaType);
  if (second.document.kind === 'index') throw new InvalidArgument('an index inside an index names no image');
  return { descriptor: { ...second.descriptor, platform: entry.platform }, manifest: imageManifest(second.document.manifest), documents: [top, entry.digest] };
}

async function storedDocument(context: ImagesContext, repository: RemoteRepository, ref: ImageRef, digest: Digest, declared?: string) {
  const held = await context.content.info(digest);
  const fetched = held ? { bytes: await context.content.bytes(digest), mediaType: declared } : await repository.manifest(digest);
  if (isSchema1Type(fetched.mediaType ?? '')) throw new InvalidArgument(schema1Message(ref));
  const document = parseImageDocument(fetched.bytes, fetched.mediaType);
  if (!held) await context.content.put(fetched.bytes, { durable: false });
  const descriptor: Descriptor = { mediaType: document.mediaType, digest, size: fetched.bytes.length };
  return { document, descriptor };
}

function bestEntry(index: Index, platform: Platform): Descriptor {
  const ranked = index.manifests
    .map((entry) => ({ entry, fit: entry.platform ? platformFit(platform, entry.platform) : 0 }))
    .filter(({ fit }) => fit > 0)
    .toSorted((a, b) => b.fit - a.fit);
  const [best] = ranked;
  if (!best) throw new NotFound(`no matching manifest for ${formatPlatform(platform)} in the manifest list entries`);
  return best.entry;
}

function imageManifest(manifest: Manifest): Manifest {
  const { mediaType } = manifest.config;
  if (!configTypes.includes(mediaType)) {
    const kind = mediaType.includes('plugin') ? 'plugin' : 'unknown';
    throw new InvalidArgument(`Encountered remote ${JSON.stringify(mediaType)}(${kind}) when fetching`);
  }
  if (manifest.layers.some((layer) => layer.size === 0)) throw new DataLoss('a layer of 0 bytes is no tar archive');
  return manifest;
}

function schema1Message(ref: ImageRef): string {
  const gone = 'Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed.';
  const advice = `Suggest the author of ${familiarReference(ref)} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2.`;
  return `${gone} ${advice} More information at https://docs.docker.com/go/deprecated-image-specs/`;
}
