import { digestOf, NotFound } from '#base';
import type { Digest } from '#base';
import { familiarRepository, parseImageDocument, repositoryOf, withDigest } from '#spec';
import type { Descriptor, ImageRef, Manifest } from '#spec';
import type { ImagesContext } from '../context.ts';
import { firstEndpoint } from '../distribution/first-endpoint.ts';
import { UnsentRequest } from '../distribution/session.ts';
import { imageById } from '../find.ts';
import type { Image, Images, Report } from '../port.ts';
import { layerReporter } from '../pull/layer-progress.ts';
import type { LayerBlob } from '../records.ts';
import { pushLayer, type PushTarget } from './layer.ts';
import { makeManifest } from './manifest.ts';
import { uploadBlob } from './upload.ts';

type PushOptions = Parameters<Images['push']>[1];

/**
 * Sends an image under its reference, or every tag of the repository when the reference has none. What came by a
 * manifest goes out by that manifest, bit for bit, as long as its blobs are here or there. Throws in Docker's words.
 */
export async function push(context: ImagesContext, ref: ImageRef, options: PushOptions, report: Report): Promise<Descriptor> {
  report({ kind: 'message', text: `The push refers to repository [${repositoryOf(ref)}]` });
  const named = tagsToPush(context, ref);
  try {
    let descriptor: Descriptor | undefined;
    for (const each of named) descriptor = await pushImage(context, each.ref, imageById(context, each.id), options, report);
    if (!descriptor) throw new NotFound(`An image does not exist locally with the tag: ${familiarRepository(ref)}`);
    return descriptor;
  } catch (error) {
    throw error instanceof UnsentRequest ? error.reason : error;
  }
}

function tagsToPush(context: ImagesContext, ref: ImageRef): { ref: ImageRef; id: Digest }[] {
  if (ref.tag === undefined && ref.digest === undefined) return context.records.tagsOf(ref);
  const id = ref.digest === undefined ? context.records.byTag(ref) : context.records.byDigest(ref);
  return id === undefined ? [] : [{ ref, id }];
}

async function pushImage(context: ImagesContext, ref: ImageRef, image: Image, options: PushOptions, report: Report): Promise<Descriptor> {
  const stop = new AbortController();
  const follow = (): void => stop.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', follow, { once: true });
  try {
    const repository = await firstEndpoint(context, ref, 'pull,push', options, async (candidate) => {
      await candidate.session.probeAnew(options.signal);
      return candidate;
    });
    return await pushTo({ context, repository: repository.stoppedBy(stop.signal), ref, signal: stop.signal }, image, report, stop);
  } finally {
    options.signal?.removeEventListener('abort', follow);
  }
}

async function pushTo(target: PushTarget, image: Image, report: Report, stop: AbortController): Promise<Descriptor> {
  const { context, ref } = target;
  const diffIds = image.config.rootfs.diff_ids;
  const reporters = diffIds.map((digest) => layerReporter({ digest }, report));
  for (const tell of reporters.toReversed()) tell.state('Preparing');
  const original = await originalManifest(target, image);
  const blobs = await allOrFirstFailure(stop, diffIds.map((diffId, position) => {
    const tell = reporters[position] as (typeof reporters)[number];
    const named = original?.manifest.layers[position];
    return context.uploads.run(() => pushLayer(target, diffId, named, tell), () => tell.state('Waiting'));
  }));
  const configBytes = context.records.configBytes(image.id) ?? new Uint8Array();
  await pushConfig(target, image.id, configBytes);
  const made = original ?? makeManifest({ digest: image.id, size: configBytes.length }, blobs);
  const descriptor = { mediaType: made.mediaType, digest: digestOf(made.bytes), size: made.bytes.length };
  await target.repository.putManifest(ref.tag ?? descriptor.digest, made.mediaType, made.bytes);
  await record(context, ref, image, descriptor, made.bytes, blobs);
  const tag = ref.tag ?? descriptor.digest;
  report({ kind: 'message', text: `${tag}: digest: ${descriptor.digest} size: ${descriptor.size}` });
  report({ kind: 'aux', value: { Tag: tag, Digest: descriptor.digest, Size: descriptor.size } });
  return descriptor;
}

/** The manifest that the image came by or first went out by, when every blob it names can still be had. */
async function originalManifest(target: PushTarget, image: Image): Promise<{ mediaType: string; bytes: Buffer; manifest: Manifest } | undefined> {
  const { content } = target.context;
  if (!image.manifest || !(await content.info(image.manifest.digest))) return undefined;
  const bytes = await content.bytes(image.manifest.digest);
  const document = parseImageDocument(bytes, image.manifest.mediaType);
  if (document.kind !== 'manifest') return undefined;
  for (const layer of document.manifest.layers) {
    const reachable = (await content.info(layer.digest)) ?? (await target.repository.hasBlob(layer.digest));
    if (reachable === undefined) return undefined;
  }
  return { mediaType: document.mediaType, bytes, manifest: document.manifest };
}

async function pushConfig(target: PushTarget, digest: Digest, bytes: Uint8Array): Promise<void> {
  if ((await target.repository.hasBlob(digest)) !== undefined) return;
  const blob = target.context.content.put(bytes, { durable: false });
  const upload = await target.repository.startUpload();
  if (upload) await uploadBlob(target, { blob, growing: undefined }, upload, { onProgress: () => undefined });
}

async function record(context: ImagesContext, ref: ImageRef, image: Image, descriptor: Descriptor, bytes: Buffer, blobs: readonly LayerBlob[]): Promise<void> {
  using _lease = context.content.lease([descriptor.digest]);
  await context.content.put(bytes, { durable: false });
  context.records.transaction(() => {
    context.records.put(image.id, context.records.configBytes(image.id) ?? new Uint8Array(), { manifest: image.manifest ?? descriptor });
    context.records.putManifest(descriptor.digest, image.id);
    context.records.putDigest(withDigest(ref, descriptor.digest), image.id);
    for (const blob of blobs) context.records.putSource(blob.digest, ref);
  });
}

/** Waits for all; the first failure stops the rest and is thrown once nothing runs any more. */
async function allOrFirstFailure<T>(stop: AbortController, work: readonly Promise<T>[]): Promise<T[]> {
  let first: { error: unknown } | undefined;
  for (const one of work) {
    one.catch((error: unknown) => {
      first ??= { error };
      stop.abort();
    });
  }
  const outcomes = await Promise.allSettled(work);
  if (first) throw first.error;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<T>).value);
}
