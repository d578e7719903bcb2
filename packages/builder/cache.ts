/**
 * The build cache. A step's key is the configuration it would record (which holds its command, and for COPY and ADD
 * the checksum of what is copied); the same step on the same parent image gave the image that is remembered. Looked up
 * by primary key, never by going through images.
 */
import type { Database, Digest } from '#base';
import type { Image } from '#images';
import type { ContainerDefaults } from '#spec';
import { isKin, restore } from './cache-from.ts';
import { cacheKeyOf } from './run-config.ts';
import type { BuildImages } from './needs.ts';

const migrations = [
  `CREATE TABLE build_cache (
     parent TEXT NOT NULL, key TEXT NOT NULL, image TEXT NOT NULL,
     PRIMARY KEY (parent, key)
   ) STRICT, WITHOUT ROWID`,
];

/** What every build remembers. A parent of '' is an empty root. */
export class BuildCache {
  readonly #db: Database;
  readonly #images: BuildImages;

  constructor(db: Database, images: BuildImages) {
    db.migrate('builder', migrations);
    this.#db = db;
    this.#images = images;
  }

  /** The image that this step gave before, while it still exists. */
  find(parent: Digest | undefined, key: string): Image | undefined {
    const row = this.#db.get<{ image: Digest }>('SELECT image FROM build_cache WHERE parent = ? AND key = ?', parent ?? '', key);
    if (!row) return undefined;
    const image = this.#images.lookup(row.image);
    if (image) return image;
    this.#db.run('DELETE FROM build_cache WHERE parent = ? AND key = ?', parent ?? '', key);
    return undefined;
  }

  remember(parent: Digest | undefined, key: string, image: Digest): void {
    this.#db.run(
      'INSERT INTO build_cache VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET image = excluded.image',
      parent ?? '',
      key,
      image,
    );
  }
}

/** One build's view of the cache: after the first miss of a stage nothing more is taken from it. */
export class CacheProbe {
  readonly #cache: BuildCache;
  readonly #images: BuildImages;
  readonly #from: readonly Image[] | undefined;
  readonly #off: boolean;
  #sources: readonly Image[];
  #missed = false;

  /** `from`: the images of `--cache-from`; where it was given, only what those are made of counts, and nothing when none is here. */
  constructor(cache: BuildCache, images: BuildImages, options: { off: boolean; from: readonly Image[] | undefined }) {
    this.#cache = cache;
    this.#images = images;
    this.#off = options.off;
    this.#from = options.from;
    this.#sources = options.from ?? [];
  }

  /** A stage begins. */
  reset(): void {
    this.#missed = false;
    this.#sources = this.#from ?? [];
  }

  async find(parent: Image | undefined, config: ContainerDefaults): Promise<Image | undefined> {
    if (this.#off || this.#missed) return undefined;
    const found = await this.#lookup(parent, config);
    if (found === undefined) this.#missed = true;
    return found;
  }

  remember(parent: Image | undefined, config: ContainerDefaults, image: Image): void {
    this.#cache.remember(parent?.id, cacheKeyOf(config), image.id);
  }

  async #lookup(parent: Image | undefined, config: ContainerDefaults): Promise<Image | undefined> {
    const local = this.#cache.find(parent?.id, cacheKeyOf(config));
    if (this.#from === undefined) return local;
    if (local !== undefined && this.#sources.some((source) => isKin(source, local.id, this.#images))) return local;
    const restored = await restore(parent, config, this.#sources, this.#images);
    if (!restored) return undefined;
    // From here on the same source is followed: a mix of two would be an image nobody built.
    this.#sources = [restored.source];
    return restored.image;
  }
}
