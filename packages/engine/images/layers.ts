import { digestOf, type Digest } from '#base';
import type { Image } from '#images';

/** The chain id of each layer, lowest first (OCI image-spec config.md, "Layer ChainID"). */
export function chainIds(image: Image): Digest[] {
  const ids: Digest[] = [];
  for (const diffId of image.config.rootfs.diff_ids) {
    const below = ids.at(-1);
    ids.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return ids;
}
