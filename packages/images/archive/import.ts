import { randomUUID } from 'node:crypto';
import type { Digest } from '#base';
import { hostPlatform, mediaTypes, withDefaultTag } from '#spec';
import type { ImageConfig } from '#spec';
import type { BlobInfo } from '#content';
import type { ImagesContext } from '../context.ts';
import { compressionOf } from '../compression.ts';
import { imageById } from '../find.ts';
import type { Image, Images } from '../port.ts';
import { register } from '../register.ts';
import { unpackFirstLayer } from '../unpack.ts';

type ImportOptions = Parameters<Images['import']>[1];

/** Makes an image of one layer out of a tar of a root file system, compressed or not. A stream of no bytes makes an empty one. Throws DataLoss for what is no tar. */
export async function importImage(context: ImagesContext, tar: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<Image> {
  using leases = new DisposableStack();
  const blob = await store(context, tar, leases);
  const compression = await compressionOf(await context.content.path(blob.digest));
  const diffId = await unpackFirstLayer(context, blob.digest);
  const mediaType = compression === 'gzip' ? mediaTypes.ociLayerGzip : compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer;
  context.records.putBlob(diffId, { ...blob, mediaType });
  const image = await register(context, configOf(options, diffId), {});
  if (options.ref) context.records.putTag(withDefaultTag(options.ref), image.id);
  return imageById(context, image.id);
}

async function store(context: ImagesContext, tar: AsyncIterable<Uint8Array>, leases: DisposableStack): Promise<BlobInfo> {
  const hold = (digest: Digest): void => void leases.use(context.content.lease([digest]));
  await using ingest = await context.content.ingest(`import:${randomUUID()}`, { hold });
  try {
    for await (const chunk of tar) await ingest.write(chunk);
    return await ingest.commit();
  } finally {
    await ingest.abort();
  }
}

function configOf({ config, message, platform }: ImportOptions, diffId: ImageConfig['rootfs']['diff_ids'][number]): ImageConfig {
  const created = new Date().toISOString();
  const comment = message === undefined ? {} : { comment: message };
  return {
    ...comment,
    created,
    ...(platform ?? hostPlatform()),
    config: config ?? {},
    history: [{ created, ...comment }],
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
}
