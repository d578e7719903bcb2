import type { ImagesContext } from './context.ts';

/** Deletes the blobs that no image and no unpacked layer needs. Returns the bytes freed. */
export async function collectBlobs(context: ImagesContext): Promise<number> {
  const gone = await context.content.collect(context.records.reachableBlobs());
  context.records.transaction(() => gone.forEach((blob) => context.records.deleteBlob(blob.digest)));
  return gone.reduce((sum, blob) => sum + blob.size, 0);
}
