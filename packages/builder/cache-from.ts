/** `--cache-from`: steps found in the history of an image that was built elsewhere. */
import { isDeepStrictEqual } from 'node:util';
import type { Digest } from '#base';
import type { Image } from '#images';
import type { ContainerDefaults, ImageConfig } from '#spec';
import { createdBy } from './run-config.ts';
import type { BuildImages } from './needs.ts';

/** True when `ancestor` is among the images that `image` was built from here. */
export function isKin(image: Image, ancestor: Digest, images: BuildImages): boolean {
  for (let parent = image.parent; parent !== undefined; parent = images.lookup(parent)?.parent) {
    if (parent === ancestor) return true;
  }
  return false;
}

/**
 * The image that the step of `config` on `parent` gave, made from a source whose history has exactly that step next.
 * Its layers are the source's, which are unpacked when they are not yet.
 */
export async function restore(
  parent: Image | undefined,
  config: ContainerDefaults,
  sources: readonly Image[],
  images: BuildImages,
): Promise<{ source: Image; image: Image } | undefined> {
  const base = parent?.config;
  const source = sources.find((each) => continues(each.config, base, createdBy(config)));
  if (!source) return undefined;
  const steps = base?.history?.length ?? 0;
  if (steps + 1 === source.config.history?.length) return { source, image: source };
  await images.unpack(source);
  return { source, image: await images.register(upTo(source.config, steps + 1, config), { parent: parent?.id }) };
}

/** True when `image` begins with all of `base` and was `createdBy` next. */
function continues(image: ImageConfig, base: ImageConfig | undefined, command: string): boolean {
  const history = image.history ?? [];
  const before = base?.history ?? [];
  const layers = base?.rootfs.diff_ids ?? [];
  if (before.length === 0 && layers.length > 0) return false;
  return (
    history[before.length]?.created_by === command &&
    isDeepStrictEqual(history.slice(0, before.length), before) &&
    isDeepStrictEqual(image.rootfs.diff_ids.slice(0, layers.length), layers)
  );
}

function upTo(image: ImageConfig, steps: number, config: ContainerDefaults): ImageConfig {
  const history = (image.history ?? []).slice(0, steps);
  const layers = history.filter((entry) => !entry.empty_layer).length;
  const { created } = history.at(-1) ?? {};
  return {
    ...image,
    config,
    history,
    rootfs: { type: 'layers', diff_ids: image.rootfs.diff_ids.slice(0, layers) },
    ...(created !== undefined && { created }),
  };
}
