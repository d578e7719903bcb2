import { isDigest } from '#base';
import type { Digest } from '#base';
import { collectBlobs } from './collect-blobs.ts';
import type { ImagesContext } from './context.ts';
import { removeLayer } from './remove.ts';
import { unpackPrefix } from './unpack.ts';

/**
 * Deletes layers that no image has and nothing stands on, deepest last, and blobs that no image needs. A container that
 * was removed after its image leaves such layers. Returns the bytes freed.
 */
export async function collect(context: ImagesContext): Promise<number> {
  let freed = 0;
  for (let removed = true; removed; ) {
    removed = false;
    for (const { chain, size } of unusedLayers(context)) {
      if (!(await removeLayer(context, chain))) continue;
      freed += size;
      removed = true;
    }
  }
  return freed + (await collectBlobs(context));
}

/**
 * After a kill: layers half unpacked go, committed snapshots without a row of ours go (the process died between the
 * two), rows without a snapshot go, then everything unused.
 */
export async function recover(context: ImagesContext): Promise<void> {
  await context.content.recover();
  for (const { key, kind } of context.snapshots.list()) {
    if (kind !== 'committed' && key.startsWith(unpackPrefix)) await context.snapshots.remove(key);
    else if (kind === 'committed' && isDigest(key) && context.records.layerSize(key) === undefined) await removeLayer(context, key);
  }
  for (const { chain } of context.records.layers()) {
    if (!context.snapshots.stat(chain)) context.records.deleteLayer(chain);
  }
  await collect(context);
}

function unusedLayers(context: ImagesContext): { chain: Digest; size: number }[] {
  const needed = context.records.chainsInUse();
  return context.records.layers().filter(({ chain }) => !needed.has(chain) && !context.holds.has(chain));
}
