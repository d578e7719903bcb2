/**
 * What Naru knows of images, in the metadata store. Blobs are not here but in the content store; directories are not
 * here but with the snapshotter. A row is written only once what it names is there, and deleted before it.
 *
 *   images        id (digest of the config) and the config's own bytes
 *   tags, digests references of both kinds, in full
 *   layers        chain id → diff id, size of the files
 *   layer_blobs   diff id → the blobs that unpack to it (compressed or not): a second push finds its blob here
 *   blob_sources  blob → repositories that are known to have it: where to mount it from
 *   manifests     manifest or index → the image it led to
 */
import { parseImageConfig } from '#spec';
import type { Descriptor, ImageConfig, ImageRef } from '#spec';
import type { Database, Digest, SqlValue } from '#base';
import type { Image } from './port.ts';
import { chainIdsOf } from './chain-id.ts';

const migrations = [
  `CREATE TABLE images (
     id TEXT PRIMARY KEY, config BLOB NOT NULL, parent TEXT, manifest TEXT, created INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE image_tags (
     domain TEXT NOT NULL, path TEXT NOT NULL, tag TEXT NOT NULL, image TEXT NOT NULL REFERENCES images, tagged INTEGER NOT NULL,
     PRIMARY KEY (domain, path, tag)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE image_digests (
     domain TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, image TEXT NOT NULL REFERENCES images,
     PRIMARY KEY (domain, path, digest)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX image_tags_image ON image_tags (image);
   CREATE INDEX image_digests_image ON image_digests (image);
   CREATE INDEX images_parent ON images (parent) WHERE parent IS NOT NULL;
   CREATE TABLE image_layers (chain TEXT PRIMARY KEY, diff TEXT NOT NULL, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE image_layer_blobs (
     diff TEXT NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (diff, digest)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE image_blob_sources (
     digest TEXT NOT NULL, domain TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (digest, domain, path)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE image_manifests (
     digest TEXT NOT NULL, image TEXT NOT NULL REFERENCES images ON DELETE CASCADE, PRIMARY KEY (digest, image)
   ) STRICT, WITHOUT ROWID;`,
];

interface ImageRow {
  readonly id: Digest;
  readonly config: Uint8Array;
  readonly parent: Digest | null;
  readonly manifest: string | null;
  readonly created: number;
}

interface TagRow {
  readonly domain: string;
  readonly path: string;
  readonly tag: string;
  readonly image: Digest;
  readonly tagged: number;
}

interface DigestRow {
  readonly domain: string;
  readonly path: string;
  readonly digest: Digest;
  readonly image: Digest;
}

export interface LayerBlob {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

/** The tables of this room. Nothing here touches a blob or a directory. */
export class ImageRecords {
  readonly #db: Database;
  /** Configs never change: each is parsed once. */
  readonly #configs = new Map<Digest, ImageConfig>();
  /** What every create asks for, as of the last change to any table. */
  readonly #known = { images: new Map<Digest, Image>(), tags: new Map<string, Digest>(), sizes: new Map<Digest, number>() };

  constructor(db: Database) {
    this.#db = db;
    db.migrate('images', migrations);
  }

  transaction<T>(work: () => T): T {
    try {
      return this.#db.transaction(work);
    } catch (error) {
      this.#forget(); // it may have read what is rolled back
      throw error;
    }
  }

  get(id: Digest): Image | undefined {
    return remembered(this.#known.images, id, () => {
      const row = this.#db.get<ImageRow>('SELECT * FROM images WHERE id = ?', id);
      return row && this.#image(row);
    });
  }

  all(): Image[] {
    return this.#db.all<ImageRow>('SELECT * FROM images').map((row) => this.#image(row));
  }

  /** Ids that begin with `prefix` (hexadecimal); two are enough to know that it is ambiguous. */
  idsWithPrefix(prefix: string): Digest[] {
    return this.#db.all<{ id: Digest }>('SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2', `sha256:${prefix}`, `sha256:${prefix}g`).map((row) => row.id);
  }

  byTag(ref: ImageRef): Digest | undefined {
    return remembered(this.#known.tags, `${ref.domain}/${ref.path}:${ref.tag ?? ''}`, () =>
      this.#db.get<{ image: Digest }>('SELECT image FROM image_tags WHERE domain = ? AND path = ? AND tag = ?', ref.domain, ref.path, ref.tag ?? '')?.image);
  }

  byDigest(ref: ImageRef): Digest | undefined {
    return this.#db.get<{ image: Digest }>('SELECT image FROM image_digests WHERE domain = ? AND path = ? AND digest = ?', ref.domain, ref.path, ref.digest ?? '')?.image;
  }

  /** Every tag of the repository that `ref` names. */
  tagsOf(ref: ImageRef): { ref: ImageRef; id: Digest }[] {
    const rows = this.#db.all<TagRow>('SELECT * FROM image_tags WHERE domain = ? AND path = ? ORDER BY tag', ref.domain, ref.path);
    return rows.map(({ domain, path, tag, image }) => ({ ref: { domain, path, tag, digest: undefined }, id: image }));
  }

  childrenOf(id: Digest): Digest[] {
    return this.#db.all<{ id: Digest }>('SELECT id FROM images WHERE parent = ?', id).map((row) => row.id);
  }

  /** Adds an image, or what is newly known of one that is here. */
  put(id: Digest, config: Uint8Array, known: { parent?: Digest; manifest?: Descriptor }): void {
    this.#change(
      `INSERT INTO images VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT DO UPDATE SET parent = coalesce(excluded.parent, parent), manifest = coalesce(excluded.manifest, manifest)`,
      id, config, known.parent ?? null, known.manifest ? JSON.stringify(known.manifest) : null, Date.now(),
    );
  }

  delete(id: Digest): void {
    this.transaction(() => {
      for (const table of ['image_tags', 'image_digests', 'image_manifests']) this.#change(`DELETE FROM ${table} WHERE image = ?`, id);
      this.#change('DELETE FROM images WHERE id = ?', id);
    });
    this.#configs.delete(id);
  }

  /** When it was tagged counts only where somebody did it `byHand`, not where an image came with its name. */
  putTag(ref: ImageRef, id: Digest, { byHand = true }: { byHand?: boolean } = {}): void {
    const same = byHand ? undefined : this.#db.get<{ tagged: number }>('SELECT tagged FROM image_tags WHERE domain = ? AND path = ? AND tag = ? AND image = ?', ref.domain, ref.path, ref.tag ?? '', id);
    this.#change('INSERT OR REPLACE INTO image_tags VALUES (?, ?, ?, ?, ?)', ref.domain, ref.path, ref.tag ?? '', id, byHand ? Date.now() : (same?.tagged ?? 0));
  }

  putDigest(ref: ImageRef, id: Digest): void {
    this.#change('INSERT OR REPLACE INTO image_digests VALUES (?, ?, ?, ?)', ref.domain, ref.path, ref.digest ?? '', id);
  }

  deleteReference(ref: ImageRef): boolean {
    const key = [ref.domain, ref.path] as const;
    return ref.digest !== undefined
      ? this.#change('DELETE FROM image_digests WHERE domain = ? AND path = ? AND digest = ?', ...key, ref.digest).changes > 0
      : this.#change('DELETE FROM image_tags WHERE domain = ? AND path = ? AND tag = ?', ...key, ref.tag ?? '').changes > 0;
  }

  /** Sizes of unpacked layers by chain id; undefined for a chain that was never unpacked here. */
  layerSize(chain: Digest): number | undefined {
    return remembered(this.#known.sizes, chain, () => this.#db.get<{ size: number }>('SELECT size FROM image_layers WHERE chain = ?', chain)?.size);
  }

  putLayer(chain: Digest, diff: Digest, size: number): void {
    this.#change('INSERT OR REPLACE INTO image_layers VALUES (?, ?, ?)', chain, diff, size);
  }

  deleteLayer(chain: Digest): void {
    this.#change('DELETE FROM image_layers WHERE chain = ?', chain);
  }

  layers(): { chain: Digest; diff: Digest; size: number }[] {
    return this.#db.all('SELECT chain, diff, size FROM image_layers');
  }

  blobsOf(diff: Digest): LayerBlob[] {
    return this.#db.all('SELECT digest, media_type AS mediaType, size FROM image_layer_blobs WHERE diff = ?', diff);
  }

  putBlob(diff: Digest, blob: LayerBlob): void {
    this.#db.run('INSERT OR REPLACE INTO image_layer_blobs VALUES (?, ?, ?, ?)', diff, blob.digest, blob.mediaType, blob.size);
  }

  deleteBlob(digest: Digest): void {
    this.#db.run('DELETE FROM image_layer_blobs WHERE digest = ?', digest);
    this.#db.run('DELETE FROM image_blob_sources WHERE digest = ?', digest);
  }

  sourcesOf(digest: Digest, domain: string): string[] {
    return this.#db.all<{ path: string }>('SELECT path FROM image_blob_sources WHERE digest = ? AND domain = ?', digest, domain).map((row) => row.path);
  }

  putSource(digest: Digest, ref: ImageRef): void {
    this.#db.run('INSERT OR IGNORE INTO image_blob_sources VALUES (?, ?, ?)', digest, ref.domain, ref.path);
  }

  putManifest(digest: Digest, id: Digest): void {
    this.#db.run('INSERT OR IGNORE INTO image_manifests VALUES (?, ?)', digest, id);
  }

  /** Chain ids of every layer of every image. */
  chainsInUse(): Set<Digest> {
    return new Set(this.all().flatMap((image) => chainIdsOf(image.config.rootfs.diff_ids)));
  }

  /** Every blob that an image needs to be run, saved or pushed again, and every blob of a layer that is unpacked. */
  reachableBlobs(): Set<Digest> {
    const images = this.all();
    const diffs = new Set([...images.flatMap((image) => image.config.rootfs.diff_ids), ...this.layers().map((layer) => layer.diff)]);
    const blobs = this.#db.all<{ diff: Digest; digest: Digest }>('SELECT diff, digest FROM image_layer_blobs').filter((row) => diffs.has(row.diff));
    const manifests = this.#db.all<{ digest: Digest }>('SELECT digest FROM image_manifests');
    return new Set([...images.map((image) => image.id), ...blobs.map((row) => row.digest), ...manifests.map((row) => row.digest)]);
  }

  /** Writes what is remembered. */
  #change(sql: string, ...parameters: SqlValue[]): { changes: number } {
    this.#forget();
    return this.#db.run(sql, ...parameters);
  }

  #forget(): void {
    for (const map of Object.values(this.#known)) map.clear();
  }

  #image(row: ImageRow): Image {
    const config = this.#config(row);
    const chains = chainIdsOf(config.rootfs.diff_ids);
    const tags = this.#db.all<TagRow>('SELECT * FROM image_tags WHERE image = ? ORDER BY domain, path, tag', row.id);
    const digests = this.#db.all<DigestRow>('SELECT * FROM image_digests WHERE image = ? ORDER BY domain, path, digest', row.id);
    return {
      id: row.id,
      config,
      tags: tags.map(({ domain, path, tag }) => ({ domain, path, tag, digest: undefined })),
      digests: digests.map(({ domain, path, digest }) => ({ domain, path, tag: undefined, digest })),
      parent: row.parent ?? undefined,
      manifest: row.manifest === null ? undefined : (JSON.parse(row.manifest) as Descriptor),
      created: config.created === undefined ? 0 : Date.parse(config.created) || 0,
      lastTagged: Math.max(0, ...tags.map((tag) => tag.tagged)) || undefined,
      size: chains.reduce((sum, chain) => sum + (this.layerSize(chain) ?? 0), 0),
      chainId: chains.at(-1),
    };
  }

  /** The image's configuration exactly as it came. */
  configBytes(id: Digest): Uint8Array | undefined {
    return this.#db.get<{ config: Uint8Array }>('SELECT config FROM images WHERE id = ?', id)?.config;
  }

  #config(row: ImageRow): ImageConfig {
    let config = this.#configs.get(row.id);
    if (!config) this.#configs.set(row.id, (config = parseImageConfig(row.config)));
    return config;
  }
}

/** What `map` has of the key, or else what `read` gives; that there is nothing is not kept. */
function remembered<Key, Value>(map: Map<Key, Value>, key: Key, read: () => Value | undefined): Value | undefined {
  const known = map.get(key) ?? read();
  if (known !== undefined) map.set(key, known);
  return known;
}
