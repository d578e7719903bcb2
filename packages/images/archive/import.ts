import { randomUUID } from 'node:crypto';
import type { Digest } from '#base';
import { hostPlatform, mediaTypes, withDefaultTag } from '#spec';
import type { ImageConfig } from '#spec';
import type { BlobInfo } from '#content';
import type { ImagesContext } from '../context.ts';
import { compressionOf } from '../compression.ts';
import { imageById } from '../find.ts';
import { GrowingFile } from '../growing-file.ts';
import type { Image, Images } from '../port.ts';
import { register } from '../register.ts';
import { unpackFirstLayer } from '../unpack.ts';

type ImportOptions = Parameters<Images['import']>[1];

/** Makes an image of one layer out of a tar of a root file system, compressed or not. A stream of no bytes makes an empty one. Throws DataLoss for what is no tar. */
export async function importImage(context: ImagesContext, tar: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<Image> {
  using leases = new DisposableStack();
  const growing = new GrowingFile();
  const stored = store(context, tar, leases, growing);
  const diffId = await unpackBehind(context, growing, stored);
  const blob = await stored;
  const compression = await compressionOf(await context.content.path(blob.digest));
  const mediaType = compression === 'gzip' ? mediaTypes.ociLayerGzip : compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer;
  context.records.putBlob(diffId, { ...blob, mediaType });
  const image = await register(context, configOf(options, diffId), {});
  if (options.ref) context.records.putTag(withDefaultTag(options.ref), image.id);
  return imageById(context, image.id);
}

/** Unpacks what has come while the rest is still on its way. A stream that broke off explains whatever unpacking made of it. */
async function unpackBehind(context: ImagesContext, growing: GrowingFile, stored: Promise<BlobInfo>): Promise<Digest> {
  stored.catch((error: unknown) => growing.fail(error));
  try {
    return await unpackFirstLayer(context, { growing, verified: stored });
  } catch (error) {
    await stored;
    throw error;
  }
}

async function store(context: ImagesContext, tar: AsyncIterable<Uint8Array>, leases: DisposableStack, growing: GrowingFile): Promise<BlobInfo> {
  const hold = (digest: Digest): void => void leases.use(context.content.lease([digest]));
  await using ingest = await context.content.ingest(`import:${randomUUID()}`, { hold });
  try {
    for await (const chunk of tar) {
      const position = ingest.offset;
      await ingest.write(chunk);
      await growing.append(ingest.path, chunk, position, ingest.flushed);
    }
    const blob = await ingest.commit();
    growing.finish(await context.content.path(blob.digest), blob.size);
    return blob;
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
