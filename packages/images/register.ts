import { parseImageConfig } from '#spec';
import { digestOf } from '#base';
import type { Digest } from '#base';
import type { ImageConfig } from '#spec';
import { chainIdsOf } from './chain-id.ts';
import type { ImagesContext } from './context.ts';
import { imageById } from './find.ts';
import type { Image } from './port.ts';

/**
 * Makes an image of a configuration whose layers are committed already. The same configuration is the same image.
 * Throws InvalidArgument for a configuration that `parseImageConfig` would not take back.
 */
export async function register(context: ImagesContext, config: ImageConfig, options: { parent?: Digest }): Promise<Image> {
  const bytes = Buffer.from(JSON.stringify(config));
  parseImageConfig(bytes);
  const id = digestOf(bytes);
  using _lease = context.content.lease([id]);
  await context.content.put(bytes, { durable: false });
  context.records.put(id, bytes, options);
  context.holds.settle(chainIdsOf(config.rootfs.diff_ids));
  return imageById(context, id);
}
