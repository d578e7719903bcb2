import type { Digest } from '#base';
import { mediaTypes } from '#spec';
import { chainIdOf } from './chain-id.ts';
import type { ImagesContext } from './context.ts';
import type { Images } from './port.ts';
import { unpackLayer } from './unpack.ts';

type Committed = Awaited<ReturnType<Images['commitLayer']>>;

/**
 * Makes a layer out of an active snapshot's changes: a tar blob named by its diff id, and a committed snapshot named by
 * the chain id, which is the snapshot itself where it may be consumed.
 */
export async function commitLayer(context: ImagesContext, snapshotKey: string, parent: Digest | undefined, options: { consume?: boolean } = {}): Promise<Committed> {
  const { content, records, snapshots } = context;
  const tarPath = content.scratch();
  const lowers = parent === undefined ? [] : snapshots.lowerPaths(parent);
  const { diffId, size, contentSize, empty } = await context.codec.diffLayer({ upper: snapshots.upperPath(snapshotKey), lowers }, tarPath);
  const chainId = chainIdOf(parent, diffId);
  if (empty) {
    await content.discard(tarPath);
    return { diffId, chainId, size: 0, empty };
  }
  using _lease = content.lease([diffId]);
  await content.adopt(tarPath, { digest: diffId, size }, { durable: false });
  context.holds.pend(chainId);
  records.putBlob(diffId, { digest: diffId, mediaType: mediaTypes.ociLayer, size });
  if (!options.consume) {
    await unpackLayer(context, { diffId, chainId, parent }, { blob: diffId });
    return { diffId, chainId, size: contentSize, empty };
  }
  await context.chains.run(chainId, async () => {
    await snapshots.commit(chainId, snapshotKey);
    records.putLayer(chainId, diffId, contentSize);
  });
  return { diffId, chainId, size: contentSize, empty };
}
