/**
 * The content store: every blob (layer, config, manifest, index) of this data root, addressed by its digest.
 *
 * Words. A *blob* is immutable bytes named by their digest. An *ingest* is a blob on its way in: bytes go to a file of
 * its own, are hashed as they come, and `commit` checks the digest, syncs and renames; until then nobody sees it. An
 * ingest that was cut short stays on disk under its `ref` and can be resumed from its `offset`; `abort` removes it.
 * A *lease* keeps blobs from garbage collection while work that needs them is under way.
 *
 * Layout (OCI image-layout): `<root>/blobs/<algorithm>/<hex>`, `<root>/ingest/<sha256 of ref>/data`.
 *
 * Example:
 *   await using ingest = await store.ingest('layer-sha256:…', { digest, size });
 *   for await (const chunk of body) await ingest.write(chunk);
 *   const blob = await ingest.commit();          // DataLoss when the digest differs
 *
 * Every implementation passes the suite in `contract.ts`.
 */
import type { Digest } from '#base';
import type { Readable } from 'node:stream';

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface ContentStore {
  /** The blob's size, or undefined when it is not here. */
  info(digest: Digest): Promise<BlobInfo | undefined>;
  /** A stream of the blob's bytes from `offset`, to the end or `length` of them; throws NotFound. One that is never read holds nothing. */
  read(digest: Digest, offset?: number, length?: number): Promise<Readable>;
  /** The whole blob, for documents (throws DataLoss above `limit` bytes, 8 MiB unless told). */
  bytes(digest: Digest, limit?: number): Promise<Buffer>;
  /** The absolute path of the blob's file, for workers that read it directly; throws NotFound. */
  path(digest: Digest): Promise<string>;
  /**
   * Opens or resumes an ingest. One writer per `ref` at a time: a second one waits. `hold` is told the digest before the
   * blob can be seen, to lease it when nobody knew the digest before.
   */
  ingest(ref: string, expected?: { digest?: Digest; size?: number; hold?: (digest: Digest) => void }): Promise<Ingest>;
  /** Stores a document in one step and returns its digest, by sha256 unless told. Synced to disk unless `durable` is false. */
  put(bytes: Uint8Array | string, options?: { durable?: boolean; algorithm?: 'sha256' | 'sha512' }): Promise<BlobInfo>;
  /** A fresh path on the store's file system for a worker to write to; what is left there is cleared at start. */
  scratch(): string;
  /** Drops a file made at `scratch()`; absent is fine. */
  discard(path: string): Promise<void>;
  /** Takes over a file made at `scratch()` by someone who hashed what they wrote. Synced unless `durable` is false. */
  adopt(path: string, blob: BlobInfo, options?: { durable?: boolean }): Promise<BlobInfo>;
  /** Keeps blobs, here already or still to come, from `collect` until disposed. */
  lease(digests: Iterable<Digest>): Disposable;
  /** Deletes a blob; absent is fine. Only garbage collection calls this, and the registry on its user's wish. */
  delete(digest: Digest): Promise<void>;
  /** Deletes every blob that is neither leased nor in `reachable`; tells what went. */
  collect(reachable: ReadonlySet<Digest>): Promise<BlobInfo[]>;
  /** Clears what a killed process left half-made and ingests that nobody resumed for a day; called once at start. */
  recover(): Promise<void>;
  /** Every blob. */
  list(): AsyncIterable<BlobInfo>;
}

export interface Ingest extends AsyncDisposable {
  readonly ref: string;
  /** Bytes held so far; greater than 0 when an earlier attempt is resumed. */
  readonly offset: number;
  /** The file being filled, for one who reads behind the writer: the first `flushed` bytes are in it. */
  readonly path: string;
  readonly flushed: number;
  write(chunk: Uint8Array): Promise<void>;
  /** Hands what `write` still gathers to the kernel. */
  flush(): Promise<void>;
  /** Throws everything away and starts at 0 (the peer cannot resume). */
  truncate(): Promise<void>;
  /**
   * Checks size and digest, syncs, publishes. Throws DataLoss (and drops the bytes) when they differ. `digest` is for a
   * writer that learns only at the end what was expected.
   */
  commit(digest?: Digest): Promise<BlobInfo>;
  /** Drops the bytes. Disposal without commit closes the file and keeps the bytes for a later resume. */
  abort(): Promise<void>;
}
