import { Internal } from '#base';
import type { Digest } from '#base';
import { mediaTypes } from '#spec';
import type { ImageRef } from '#spec';
import type { ImagesContext } from '../context.ts';
import type { RemoteRepository } from '../distribution/repository.ts';
import type { LayerReporter } from '../pull/layer-progress.ts';
import type { LayerBlob } from '../records.ts';
import { GrowingFile } from '../growing-file.ts';
import { patiently } from './patience.ts';
import { uploadBlob, type OutgoingBlob, type UploadEvents } from './upload.ts';

export interface PushTarget {
  readonly context: ImagesContext;
  readonly repository: RemoteRepository;
  readonly ref: ImageRef;
  readonly signal: AbortSignal;
}

/**
 * Makes sure that the repository has a layer: it may have it already, take it from a neighbour, or be sent it. `exact`
 * is the blob that a manifest names; without it any blob that unpacks to `diffId` will do, and the one used is returned.
 */
export async function pushLayer(target: PushTarget, diffId: Digest, exact: LayerBlob | undefined, tell: LayerReporter): Promise<LayerBlob> {
  const candidates = exact ? [exact] : target.context.records.blobsOf(diffId).filter(isCompressed);
  const { onRetry } = eventsFor(tell);
  const there = await patiently(target.signal, onRetry, () => alreadyThere(target, candidates));
  if (there) {
    tell.state('Layer already exists');
    return there;
  }
  const mounted = await mountFromNeighbour(target, candidates);
  if (mounted) {
    tell.state(`Mounted from ${mounted.from}`);
    return mounted.blob;
  }
  const stored = await firstStored(target, candidates);
  const outgoing: OutgoingLayer = stored ? { blob: Promise.resolve(stored), growing: undefined } : await compressLayer(target, diffId);
  const upload = await patiently(target.signal, onRetry, () => target.repository.startUpload());
  if (upload) await uploadBlob(target, outgoing, upload, eventsFor(tell));
  const blob = await outgoing.blob;
  tell.state('Pushed');
  return blob;
}

type OutgoingLayer = OutgoingBlob & { readonly blob: Promise<LayerBlob> };

function eventsFor(tell: LayerReporter): Required<UploadEvents> {
  return {
    onProgress: (current, total) => tell.progress('Pushing', current, total),
    onRetry: (seconds) => tell.state(`Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`),
  };
}

function isCompressed(blob: LayerBlob): boolean {
  return blob.mediaType !== mediaTypes.ociLayer && blob.mediaType !== mediaTypes.dockerLayer;
}

/** Blobs known to have been in this repository are asked for first. */
async function alreadyThere(target: PushTarget, candidates: readonly LayerBlob[]): Promise<LayerBlob | undefined> {
  const { records } = target.context;
  const known = (blob: LayerBlob): number => Number(records.sourcesOf(blob.digest, target.ref.domain).includes(target.ref.path));
  for (const blob of candidates.toSorted((a, b) => known(b) - known(a))) {
    if ((await target.repository.hasBlob(blob.digest)) !== undefined) return blob;
  }
  return undefined;
}

async function mountFromNeighbour(target: PushTarget, candidates: readonly LayerBlob[]): Promise<{ blob: LayerBlob; from: string } | undefined> {
  for (const blob of candidates) {
    const neighbours = target.context.records.sourcesOf(blob.digest, target.ref.domain).filter((path) => path !== target.ref.path);
    for (const from of neighbours.slice(0, 3)) {
      const upload = await target.repository.startUpload({ digest: blob.digest, from });
      if (!upload) return { blob, from };
      await target.repository.cancelUpload(upload);
    }
  }
  return undefined;
}

async function firstStored(target: PushTarget, candidates: readonly LayerBlob[]): Promise<LayerBlob | undefined> {
  for (const blob of candidates) if (await target.context.content.info(blob.digest)) return blob;
  return undefined;
}

/**
 * Compresses a layer that was made here, once: the result is kept, so that every later push has the same digest. It is
 * sent while it grows; a push that fails in between keeps it all the same.
 */
async function compressLayer(target: PushTarget, diffId: Digest): Promise<OutgoingLayer> {
  const { content, records, codec } = target.context;
  const tar = await content.info(diffId);
  if (!tar) throw new Internal(`layer ${diffId} is not stored`);
  const growing = new GrowingFile();
  const work = async (): Promise<LayerBlob> => {
    const scratch = content.scratch();
    try {
      const made = await codec.gzip(await content.path(diffId), scratch, growing);
      using _lease = content.lease([made.digest]);
      await content.adopt(scratch, made, { durable: false });
      growing.finish(await content.path(made.digest), made.size);
      const blob = { ...made, mediaType: mediaTypes.dockerLayerGzip };
      records.putBlob(diffId, blob);
      return blob;
    } finally {
      await content.discard(scratch);
    }
  };
  const blob = work();
  blob.catch((error: unknown) => growing.fail(error));
  return { blob, growing, expectedSize: tar.size };
}
