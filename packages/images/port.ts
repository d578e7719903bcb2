/**
 * Images: names, manifests, configs and layers, put together out of the content store and the snapshotter.
 *
 * An *image* is known by its id, the digest of its config. *References* point at it: tags (`docker.io/library/x:1`)
 * and digests (`docker.io/library/x@sha256:…`, one for each manifest by which it came or went). An image without a
 * reference is dangling. Its layers are committed snapshots named by chain id; its blobs stay as they came, so that
 * what was pulled is pushed again bit for bit. References are stored in full, shown in familiar form.
 */
import type { Digest } from '#base';
import type { Descriptor, ImageConfig, ImageRef, Platform } from '#spec';

export interface Image {
  readonly id: Digest;
  readonly config: ImageConfig;
  /** Full references with a tag. */
  readonly tags: readonly ImageRef[];
  /** Full references with a digest. */
  readonly digests: readonly ImageRef[];
  /** The image this one was built from here, for history and `docker images -a`. */
  readonly parent: Digest | undefined;
  /** The manifest it came by, when it came by one. */
  readonly manifest: Descriptor | undefined;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastTagged: number | undefined;
  /** Unpacked bytes of all layers. */
  readonly size: number;
  /** Chain id of the top layer; undefined for an image without layers. */
  readonly chainId: Digest | undefined;
}

/**
 * What a transfer tells while it goes on; the engine turns it into Docker's JSON progress. Bytes. A `progress` without
 * numbers (both 0) is a layer's change of state ("Pull complete"): Docker sends it with an empty `progressDetail`.
 */
export type Progress =
  | { readonly kind: 'message'; readonly id?: string; readonly text: string }
  | { readonly kind: 'progress'; readonly id: string; readonly action: string; readonly current: number; readonly total: number }
  | { readonly kind: 'aux'; readonly value: unknown };

export type Report = (progress: Progress) => void;

/** Credentials for one registry, as the X-Registry-Auth header carries them. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
  readonly serverAddress?: string;
  /** The User-Agent of the client on whose behalf a registry is asked, which it is told; no part of the header. */
  readonly upstreamClient?: string;
}

/** As the index tells it, and the API after it. */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
}

export interface Images {
  /** By id, id prefix, tag or digest reference in any familiar form; throws NotFound (`No such image: …`). */
  find(name: string): Image;
  /** Like find, undefined when absent. */
  lookup(name: string): Image | undefined;
  list(): Image[];
  /** Points a tag at an image; moves it when it pointed elsewhere. */
  tag(ref: ImageRef, id: Digest): void;
  /** Removes one reference; the image itself goes with `collect` when nothing holds it. */
  untag(ref: ImageRef): void;
  /** Deletes an image and every parent and layer that nothing else needs; says what was deleted, in Docker's order. */
  remove(id: Digest, options: { prune: boolean }): Promise<{ untagged: string[]; deleted: Digest[] }>;
  pull(ref: ImageRef, options: { platform?: Platform; auth?: RegistryAuth; allTags?: boolean; signal?: AbortSignal }, report: Report): Promise<Image>;
  push(ref: ImageRef, options: { auth?: RegistryAuth; signal?: AbortSignal }, report: Report): Promise<Descriptor>;
  /** Registers a built or committed image. `layers` are chain ids already committed as snapshots, with their diff ids in `config`. */
  register(config: ImageConfig, options: { parent?: Digest }): Promise<Image>;
  /**
   * Makes a layer on `parent` out of an active snapshot's changes: the tar blob, and a committed snapshot named by the
   * chain id. With `consume` the snapshot itself becomes the committed one (a build step's: nothing is copied), without
   * it stays as it is (a container's). When nothing changed, `empty` is true and nothing is stored.
   */
  commitLayer(snapshotKey: string, parentChainId: Digest | undefined, options?: { consume?: boolean }): Promise<{ diffId: Digest; chainId: Digest; size: number; empty: boolean }>;
  /** The same image with the layers above `base` (undefined: all) made one; the old one stays. Throws NotFound when it does not stand on `base`. */
  squash(image: Image, base: Image | undefined): Promise<Image>;
  /** An OCI-layout tar that `docker load` (also Docker's own, any version) reads. Throws for an image that fits none of the platforms, where some are given. */
  save(names: readonly string[], platforms?: readonly Platform[]): AsyncIterable<Uint8Array>;
  /** `message` reports carry the lines that `docker load` prints: `Loaded image: x:1`, `Loaded image ID: sha256:…`. Where platforms are given, images for others are passed over. */
  load(tar: AsyncIterable<Uint8Array>, report: Report, platforms?: readonly Platform[]): Promise<Image[]>;
  /** Makes an image of one layer out of a tar of a root file system. */
  import(tar: AsyncIterable<Uint8Array>, options: { ref?: ImageRef; message?: string; config?: ImageConfig['config']; platform?: Platform }): Promise<Image>;
  /** Makes sure the image's layers are unpacked, and gives the chain id to prepare a container from. */
  unpack(image: Image): Promise<Digest | undefined>;
  /** Tries credentials against their registry (`docker login`). Throws in Docker's words (`login attempt to http://…/v2/ failed with status: 401 Unauthorized`). */
  login(auth: RegistryAuth, options: { signal?: AbortSignal }): Promise<{ identityToken: string }>;
  /** What a reference points at in its registry, without fetching layers (`GET /distribution/{name}/json`). */
  resolve(ref: ImageRef, options: { auth?: RegistryAuth; signal?: AbortSignal }): Promise<{ descriptor: Descriptor; platforms: Platform[] }>;
  /** Unpacked bytes of each layer, lowest first, one for each diff id. */
  layerSizes(image: Image): number[];
  /** Deletes layers and blobs that no image needs and nothing stands on (a removed container may have held them). Returns the bytes freed. */
  collect(): Promise<number>;
  /** Clears what a killed process left half-made; called once at start, after the snapshotter's own. */
  recover(): Promise<void>;
  /** What an index knows by that word (`docker search`), `limit` of it at most. */
  search(term: string, options: { limit: number; auth: RegistryAuth; signal?: AbortSignal }): Promise<SearchResult[]>;
  /** Closes the connections kept open to registries. */
  close(): void;
}
