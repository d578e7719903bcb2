/** A full image reference (distribution/reference): domain, path and a tag and/or a digest. */
import type { Digest } from '#base';

export interface ImageRef {
  /** `docker.io`, `localhost:5000` … */
  readonly domain: string;
  /** `library/busybox` … */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}
