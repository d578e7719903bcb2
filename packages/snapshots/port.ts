/**
 * Snapshots: the file systems of images and containers, in layers.
 *
 * Words. A *snapshot* is a directory tree named by a key. A *committed* snapshot is immutable and can be a parent; its
 * key is the chain id of the layers down to it (OCI image-spec config.md, "Layer ChainID"). An *active* snapshot is
 * writable: a container's own layer, or a layer being unpacked. A *view* is a read-only active one. What comes back
 * is never a mounted path but the mounts that would make it: they go into the container's own mount namespace, so
 * the host sees no mount at all and nothing can be busy.
 *
 * Life cycle:  prepare(key, parent) ─▶ active ─ commit(name, key) ─▶ committed ─▶ parent of others
 *                                        └────── remove(key) ◀────────┘ (refused while it has children)
 *
 * Example: unpack the second layer of an image.
 *   await snapshots.prepare('unpack-1', chainIds[0]);
 *   await applyLayer(await snapshots.upperPath('unpack-1'), tarStream);
 *   await snapshots.commit(chainIds[1], 'unpack-1');
 *
 * Every driver passes the suite in `contract.ts`. Crash rule: rows and directories are made in the order directory,
 * row, and removed in the order row, directory; `recover()` at start deletes directories that no row names.
 */
import type { Digest } from '#base';

export type SnapshotKind = 'active' | 'view' | 'committed';

export interface SnapshotInfo {
  readonly key: string;
  readonly kind: SnapshotKind;
  readonly parent: string | undefined;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/**
 * One mount: `options` in fstab form, flags and data together, as in an OCI runtime mount. With many layers they outgrow
 * the page that mount(2) takes: then name the lower directories relative to one, or one by one by fsconfig(2).
 */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** A path that differs between a snapshot and its parent, `/`-rooted (Docker's `docker diff`). */
export interface Change {
  readonly path: string;
  readonly kind: 'modified' | 'added' | 'deleted';
}

export interface PrepareOptions {
  /**
   * The snapshot need not outlive a crash of the host (a container that is removed when it exits, a build step): its
   * mount skips every sync, also the one of the whole disk that the kernel does when an overlay is unmounted.
   */
  readonly volatile?: boolean;
  /** Bytes that may be written on it; 0 is no limit, but asks for a file system that has limits all the same. */
  readonly size?: number;
}

export interface Snapshotter {
  /** Docker's name of the storage driver: `overlay2`. */
  readonly driver: string;
  /** What `docker info` tells of the driver, in Docker's words. */
  status(): [name: string, value: string][];
  stat(key: string): SnapshotInfo | undefined;
  list(): SnapshotInfo[];
  /** Makes a writable snapshot over `parent` (undefined: empty). Throws Conflict when `key` exists, NotFound without parent, Internal for a `size` that cannot be kept. */
  prepare(key: string, parent: string | undefined, options?: PrepareOptions): Promise<Mount[]>;
  /** Makes a read-only one. */
  view(key: string, parent: string | undefined): Promise<Mount[]>;
  /** The mounts of an active snapshot or view. */
  mounts(key: string): Mount[];
  /** Where an active snapshot's own changes lie on disk (overlay's upper directory): read it for a diff, fill it when unpacking. */
  upperPath(key: string): string;
  /** The directories of a snapshot from its own down to the lowest layer; a view has none of its own. */
  lowerPaths(key: string): string[];
  /** Turns the active snapshot `key` into the committed one `name`; already there is fine (the active one is removed). */
  commit(name: string, key: string): Promise<void>;
  /** Removes; NotFound is fine; Conflict while another snapshot stands on it. */
  remove(key: string): Promise<void>;
  /** What the snapshot alone takes: bytes of its files (directories count nothing, as in Docker), and inodes. */
  usage(key: string): Promise<{ bytes: number; inodes: number }>;
  /** What differs from the parent, sorted by path. */
  changes(key: string): Promise<Change[]>;
  /** Deletes whatever a killed process left half-made; called once at start, before anything else. */
  recover(): Promise<void>;
}

/** The chain id of `diffIds[0..n]` (OCI image-spec config.md). */
export type ChainId = Digest;
