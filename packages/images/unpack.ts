import { randomUUID } from 'node:crypto';
import { DataLoss, Internal } from '#base';
import type { Digest } from '#base';
import { chainIdOf, chainIdsOf } from './chain-id.ts';
import type { ImagesContext } from './context.ts';
import type { GrowingFile } from './growing-file.ts';
import type { Image } from './port.ts';

/** Snapshots with this prefix are layers half unpacked: `recover` removes what a killed process left of them. */
export const unpackPrefix = 'unpack-';

export interface Layer {
  readonly diffId: Digest;
  readonly chainId: Digest;
  readonly parent: Digest | undefined;
}

/** The layers of a list of diff ids, lowest first. */
export function layersOf(diffIds: readonly Digest[]): Layer[] {
  const chains = chainIdsOf(diffIds);
  return diffIds.map((diffId, position) => ({ diffId, chainId: chains[position] as Digest, parent: chains[position - 1] }));
}

/** True when the layer is unpacked and known. */
export function isUnpacked(context: ImagesContext, layer: Layer): boolean {
  return context.snapshots.stat(layer.chainId)?.kind === 'committed' && context.records.layerSize(layer.chainId) !== undefined;
}

/** Makes sure every layer of an image is a committed snapshot; the blobs are here, or this throws. */
export async function unpack(context: ImagesContext, image: Image): Promise<Digest | undefined> {
  for (const layer of layersOf(image.config.rootfs.diff_ids)) {
    if (isUnpacked(context, layer)) continue;
    await unpackLayer(context, layer, { blob: await localBlobOf(context, layer) });
  }
  return image.chainId;
}

/** Where a layer's bytes come from: a stored blob, or a file that is still growing and is good only once `verified`. */
export type LayerSource = { readonly blob: Digest } | { readonly growing: GrowingFile; readonly verified: Promise<unknown> };

export interface UnpackWatch {
  /** Bytes of the blob taken so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  /** What to say of a blob that is another layer than it should be. */
  readonly mismatch?: (found: Digest) => string;
}

/**
 * Unpacks one blob into a committed snapshot, on a parent that is one already. A second call for the same chain waits
 * for the first and finds it done. Throws DataLoss when the blob is not the layer that the image's config names.
 */
export async function unpackLayer(context: ImagesContext, layer: Layer, source: LayerSource, watch: UnpackWatch = {}): Promise<void> {
  await context.chains.run(layer.chainId, async () => {
    if (!isUnpacked(context, layer)) await fillSnapshot(context, layer.parent, source, watch, layer);
  });
}

/** Unpacks a lowest layer whose diff id nobody knows yet, and tells it. */
export async function unpackFirstLayer(context: ImagesContext, source: LayerSource): Promise<Digest> {
  return fillSnapshot(context, undefined, source, {}, undefined);
}

/** Fills a new snapshot and commits it under its chain id; a failure leaves nothing. */
async function fillSnapshot(context: ImagesContext, parent: Digest | undefined, from: LayerSource, watch: UnpackWatch, expected: Layer | undefined): Promise<Digest> {
  const { snapshots } = context;
  const key = unpackPrefix + randomUUID();
  await snapshots.prepare(key, parent);
  try {
    const lowers = parent === undefined ? [] : snapshots.lowerPaths(parent);
    const { diffId, size } = await apply(context, from, watch, { upper: snapshots.upperPath(key), lowers });
    if (expected && diffId !== expected.diffId) {
      throw new DataLoss(watch.mismatch?.(diffId) ?? `layers from manifest don't match image configuration: expected ${expected.diffId}, got ${diffId}`);
    }
    if ('verified' in from) await from.verified;
    const chainId = chainIdOf(parent, diffId);
    if (!expected) context.holds.pend(chainId);
    await snapshots.commit(chainId, key);
    context.records.putLayer(chainId, diffId, size);
    return diffId;
  } catch (error) {
    // A full disk may refuse even this, and then `recover` does it: what went wrong first is what the user must hear.
    await snapshots.remove(key).catch(() => undefined);
    throw error;
  }
}

/** A worker reads a stored blob by itself, unless someone wants to see progress; that of any compression. */
async function apply({ content, codec }: ImagesContext, from: LayerSource, watch: UnpackWatch, onto: { readonly upper: string; readonly lowers: readonly string[] }): Promise<{ readonly diffId: Digest; readonly size: number }> {
  const { signal } = watch;
  if ('blob' in from && !watch.onProgress) return codec.applyLayer({ source: await content.path(from.blob), ...onto, signal });
  await using bytes = 'blob' in from ? await content.read(from.blob) : from.growing.read(); // who writes waits for who follows
  return await codec.applyLayer({ source: counted(bytes, watch), ...onto, signal });
}

async function* counted(chunks: AsyncIterable<Uint8Array>, { onProgress }: UnpackWatch): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    onProgress?.((bytes += chunk.length));
  }
}

/** The stored bytes of a layer; throws Internal where there are none. */
export async function localBlobOf(context: ImagesContext, layer: Layer): Promise<Digest> {
  for (const blob of context.records.blobsOf(layer.diffId)) if (await context.content.info(blob.digest)) return blob.digest;
  throw new Internal(`layer ${layer.diffId} is neither unpacked nor stored`);
}
