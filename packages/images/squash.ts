import { randomUUID } from 'node:crypto';
import { NotFound } from '#base';
import type { ImageConfig } from '#spec';
import { commitLayer } from './commit-layer.ts';
import type { ImagesContext } from './context.ts';
import type { Image } from './port.ts';
import { register } from './register.ts';
import { layersOf, localBlobOf, unpack, unpackPrefix } from './unpack.ts';

/**
 * An image with the same files and configuration, whose layers above `base` are one (`docker build --squash`). The old one
 * stays. What was added in one layer and deleted in another is in neither. Throws NotFound when it does not stand on `base`.
 */
export async function squash(context: ImagesContext, image: Image, base: Image | undefined): Promise<Image> {
  const below = base?.config.rootfs.diff_ids ?? [];
  const { diff_ids: all } = image.config.rootfs;
  if (below.some((diffId, position) => all[position] !== diffId)) throw new NotFound(`${base?.id} is not below ${image.id}`);
  if (base) await unpack(context, base);
  const layer = await mergedLayer(context, image, base);
  const config = squashedConfig(image, base, layer.empty ? below : [...below, layer.diffId]);
  return register(context, config, {});
}

async function mergedLayer(context: ImagesContext, image: Image, base: Image | undefined): ReturnType<typeof commitLayer> {
  const { snapshots, codec } = context;
  const key = unpackPrefix + randomUUID();
  const parent = base?.chainId;
  const lowers = parent === undefined ? [] : snapshots.lowerPaths(parent);
  await snapshots.prepare(key, parent);
  try {
    for (const layer of layersOf(image.config.rootfs.diff_ids).slice(base?.config.rootfs.diff_ids.length ?? 0)) {
      const source = await context.content.path(await localBlobOf(context, layer));
      await codec.applyLayer({ source, upper: snapshots.upperPath(key), lowers, merging: true });
    }
    return await commitLayer(context, key, parent, { consume: true });
  } finally {
    await snapshots.remove(key);
  }
}

/** The steps are told on, as ones that brought no layer; the last entry is that of the one layer. */
function squashedConfig(image: Image, base: Image | undefined, diffIds: ImageConfig['rootfs']['diff_ids']): ImageConfig {
  const { config } = image;
  const created = new Date().toISOString();
  const inherited = base?.config.history?.length ?? 0;
  const history = (config.history ?? []).map((entry, position) => (position < inherited ? entry : { ...entry, empty_layer: true }));
  const comment = base ? `merge ${image.id} to ${base.id}` : `create new from ${image.id}`;
  const brings = diffIds.length > (base?.config.rootfs.diff_ids.length ?? 0);
  return { ...config, created, rootfs: { type: 'layers', diff_ids: diffIds }, history: [...history, { created, comment, ...(brings ? {} : { empty_layer: true }) }] };
}
