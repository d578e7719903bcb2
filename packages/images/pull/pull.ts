import { errnoOf, NotFound } from '#base';
import type { Digest } from '#base';
import { familiarReference, familiarRepository, formatPlatform, formatReference, parseImageConfig, platformFit, withDefaultTag, withDigest, withTag } from '#spec';
import type { ImageConfig, ImageRef, Platform } from '#spec';
import { chainIdsOf } from '../chain-id.ts';
import { collectBlobs } from '../collect-blobs.ts';
import type { ImagesContext } from '../context.ts';
import { pullFailure } from '../distribution/failures.ts';
import { firstEndpoint } from '../distribution/first-endpoint.ts';
import type { RemoteRepository } from '../distribution/repository.ts';
import { imageById } from '../find.ts';
import type { Image, Images, Report } from '../port.ts';
import { holdLayers } from '../remove.ts';
import { isUnpacked, layersOf } from '../unpack.ts';
import { discardDownloads } from './download.ts';
import { pullLayers } from './layers.ts';
import { chooseManifest, type ChosenManifest } from './manifest.ts';

const configLimit = 8 << 20;

type PullOptions = Parameters<Images['pull']>[1];

/**
 * Brings an image here: its manifest, config and layers, unpacked, and the reference that names it. Nothing is reported
 * before the registry has said that the reference exists. Throws in Docker's words; what was downloaded by then stays for
 * the next attempt, half an image does not.
 */
export async function pull(context: ImagesContext, wanted: ImageRef, options: PullOptions, report: Report): Promise<Image> {
  const ref = options.allTags ? wanted : withDefaultTag(wanted);
  try {
    const [image, changed] = options.allTags ? await pullEveryTag(context, ref, options, report) : await pullReference(context, ref, options, report);
    report({ kind: 'message', text: `Status: ${changed ? 'Downloaded newer image' : 'Image is up to date'} for ${familiarReference(ref)}` });
    return image;
  } catch (error) {
    if (errnoOf(error) === 'ENOSPC') await collectBlobs(context);
    throw pullFailure(error, familiarRepository(ref), familiarReference(ref));
  }
}

async function pullEveryTag(context: ImagesContext, ref: ImageRef, options: PullOptions, report: Report): Promise<[Image, boolean]> {
  const tags = await firstEndpoint(context, ref, 'pull', options, (repository) => repository.tags());
  let outcome: [Image, boolean] | undefined;
  for (const tag of tags) {
    const [image, changed] = await pullReference(context, withTag(ref, tag), options, report);
    outcome = [image, changed || (outcome?.[1] ?? false)];
  }
  if (!outcome) throw new NotFound(`repository ${familiarRepository(ref)} has no tags`);
  return outcome;
}

/** A mirror that fails half-way is passed over for the next address; what came from it by then is not fetched again. */
function pullReference(context: ImagesContext, ref: ImageRef, options: PullOptions, report: Report): Promise<[Image, boolean]> {
  return firstEndpoint(context, ref, 'pull', options, (repository) => pullFrom(context, repository, ref, options, report));
}

async function pullFrom(context: ImagesContext, repository: RemoteRepository, ref: ImageRef, options: PullOptions, report: Report): Promise<[Image, boolean]> {
  const top = (await repository.resolve(ref.digest ?? ref.tag ?? 'latest')).digest;
  const present = presentImage(context, withDigest(ref, top), options.platform);
  if (present) tellStart(ref, report);
  const id = present ?? (await fetchImage(context, repository, ref, top, options, report));
  const changed = name(context, ref, top, id);
  report({ kind: 'message', text: `Digest: ${top}` });
  return [imageById(context, id), changed];
}

/** The image that this digest led to before, when it is whole. */
function presentImage(context: ImagesContext, ref: ImageRef, platform: Platform | undefined): Digest | undefined {
  const id = context.records.byDigest(ref);
  const image = id && context.records.get(id);
  if (!image || (platform && platformFit(platform, image.config) === 0)) return undefined;
  return layersOf(image.config.rootfs.diff_ids).every((layer) => isUnpacked(context, layer)) ? image.id : undefined;
}

async function fetchImage(context: ImagesContext, repository: RemoteRepository, ref: ImageRef, top: Digest, options: PullOptions, report: Report): Promise<Digest> {
  using leases = new DisposableStack();
  const hold = (digest: Digest): void => void leases.use(context.content.lease([digest]));
  const chosen = await chooseManifest(context, repository, { ref, top, platform: options.platform, hold });
  const { config: configBlob, layers } = chosen.manifest;
  for (const { digest } of [configBlob, ...layers]) hold(digest);
  const bytes = await repository.document(configBlob.digest, configLimit);
  const config = parseImageConfig(bytes);
  refuseOtherPlatform(ref, config, options.platform);
  tellStart(ref, report);
  await using _layers = holdLayers(context, chainIdsOf(config.rootfs.diff_ids));
  const stop = new AbortController();
  const follow = (): void => stop.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', follow, { once: true });
  try {
    await pullLayers(context, repository.stoppedBy(stop.signal), { manifest: chosen.manifest, config }, report, stop);
  } catch (error) {
    if (errnoOf(error) === 'ENOSPC') await discardDownloads(context, layers);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', follow);
  }
  await context.content.put(bytes, { durable: false });
  record(context, ref, chosen, bytes, config);
  return configBlob.digest;
}

function tellStart(ref: ImageRef, report: Report): void {
  report({ kind: 'message', id: ref.digest === undefined ? (ref.tag ?? '') : formatReference(ref), text: `Pulling from ${ref.path}` });
}

function record(context: ImagesContext, ref: ImageRef, chosen: ChosenManifest, bytes: Uint8Array, config: ImageConfig): void {
  const { manifest, descriptor, documents } = chosen;
  const id = manifest.config.digest;
  context.records.transaction(() => {
    context.records.put(id, bytes, { manifest: descriptor });
    for (const document of documents) context.records.putManifest(document, id);
    for (const [position, layer] of manifest.layers.entries()) {
      context.records.putBlob(config.rootfs.diff_ids[position] as Digest, layer);
      context.records.putSource(layer.digest, ref);
    }
  });
}

/** Points tag and digest at the image; true when the name did not stand for it before. */
function name(context: ImagesContext, ref: ImageRef, top: Digest, id: Digest): boolean {
  const { records } = context;
  return records.transaction(() => {
    const before = ref.digest === undefined ? records.byTag(ref) : records.byDigest(ref);
    records.putDigest(withDigest(ref, top), id);
    if (ref.digest === undefined && before !== id) records.putTag(ref, id, { byHand: false });
    return before !== id;
  });
}

function refuseOtherPlatform(ref: ImageRef, config: ImageConfig, platform: Platform | undefined): void {
  if (!platform || platformFit(platform, config) > 0) return;
  const [wanted, actual] = [formatPlatform(platform), formatPlatform(config)];
  throw new NotFound(`image with reference ${familiarReference(ref)} was found but does not match the specified platform: wanted ${wanted}, actual: ${actual}`);
}
