import { familiarReference } from '#spec';
import { isKind } from '#base';
import type { Digest } from '#base';
import { chainIdsOf } from './chain-id.ts';
import { collectBlobs } from './collect-blobs.ts';
import type { ImagesContext } from './context.ts';
import { imageById } from './find.ts';
import type { Image } from './port.ts';

/**
 * Deletes an image with all its references, the layers that nothing else stands on, and, with `prune`, the parents it
 * was built from that nobody names. What was deleted comes in Docker's order: for each image its id, then its layers'
 * chain ids from the top down. Whether the image may go at all (containers, children) is the caller's question.
 */
export async function remove(context: ImagesContext, id: Digest, options: { prune: boolean }): Promise<{ untagged: string[]; deleted: Digest[] }> {
  const image = imageById(context, id);
  const untagged = [...image.tags, ...image.digests].map(familiarReference);
  const deleted: Digest[] = [];
  for (let next: Image | undefined = image; next; next = options.prune ? unusedParent(context, next) : undefined) {
    context.records.delete(next.id);
    deleted.push(next.id, ...(await removeLayers(context, chainIdsOf(next.config.rootfs.diff_ids))));
  }
  await collectBlobs(context);
  return { untagged, deleted };
}

/** The parent that nobody names and nothing else was built from. */
function unusedParent(context: ImagesContext, image: Image): Image | undefined {
  const parent = image.parent && context.records.get(image.parent);
  if (!parent || parent.tags.length > 0 || parent.digests.length > 0) return undefined;
  return context.records.childrenOf(parent.id).length === 0 ? parent : undefined;
}

/** From the top down, until one is still needed: everything below that one is too. */
async function removeLayers(context: ImagesContext, chains: readonly Digest[]): Promise<Digest[]> {
  const needed = context.records.chainsInUse();
  const removed: Digest[] = [];
  for (const chainId of chains.toReversed()) {
    if (needed.has(chainId) || !(await removeLayer(context, chainId))) break;
    removed.push(chainId);
  }
  return removed;
}

/** False while a container or another layer stands on it, or a transfer is about to. */
export async function removeLayer(context: ImagesContext, chainId: Digest): Promise<boolean> {
  return context.chains.run(chainId, async () => {
    if (context.holds.has(chainId)) return false;
    try {
      await context.snapshots.remove(chainId);
    } catch (error) {
      if (isKind(error, 'Conflict')) return false;
      throw error;
    }
    context.records.deleteLayer(chainId);
    return true;
  });
}

/**
 * Holds layers while an image of them is being put together; when it is, they stay, and when that failed, those that
 * nothing else needs go again.
 */
export function holdLayers(context: ImagesContext, chains: readonly Digest[]): AsyncDisposable {
  context.holds.hold(chains);
  return {
    [Symbol.asyncDispose]: async () => {
      context.holds.release(chains);
      await removeLayers(context, chains.filter((chain) => context.records.layerSize(chain) !== undefined));
    },
  };
}
