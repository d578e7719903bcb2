import { open } from 'node:fs/promises';
import { Cancelled, createRing, InvalidArgument, isKind, RingWriter, type RingMemory } from '#base';
import { pool } from '../pool.ts';
import type { ByteSource } from '../trees/source.ts';
import type { Unpacked } from './unpack.ts';

export type { Unpacked } from './unpack.ts';

export interface ApplyLayer {
  /** The layer's blob: a file's path, or its bytes while they arrive. */
  readonly source: string | AsyncIterable<Uint8Array>;
  /** The active snapshot's own directory (`Snapshotter.upperPath`). */
  readonly upper: string;
  /** Directories of the layers below, topmost first (`Snapshotter.lowerPaths(parent)`). */
  readonly lowers: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * Unpacks a layer (tar, plain or compressed by gzip or zstd, whatever its media type says) into a snapshot's directory
 * (OCI image-spec layer.md), in worker threads: one decompresses while the other hashes and writes.
 *
 * Whiteouts become overlayfs' own. Nothing is written outside `upper`: names that climb out throw InvalidArgument
 * ("… is outside of …"), symbolic links on the way are followed inside the root only. Throws DataLoss for bytes that
 * are no layer, Cancelled when `signal` fires, and what reading `source` throws. After a throw `upper` is half-filled:
 * remove the snapshot.
 */
export async function applyLayer({ source, upper, lowers, signal }: ApplyLayer): Promise<Unpacked> {
  if (signal?.aborted) throw new Cancelled('context canceled');
  const feed = typeof source === 'string' ? undefined : new Feed(source);
  const head = typeof source === 'string' ? await headOf(source) : await (feed as Feed).head();
  const bytes: ByteSource = typeof source === 'string' ? { path: source } : { ring: (feed as Feed).ring };
  const plumbing = new Plumbing(signal, feed);
  const format = formatOf(head);
  if (!format) return plumbing.settle(pool.run('unpack', { source: bytes, upper, lowers }));
  const ring = plumbing.watch(createRing());
  const decompressing = pool.run('decompress', { source: bytes, format, output: ring });
  return plumbing.settle(pool.run('unpack', { source: { ring }, upper, lowers }), decompressing);
}

/** Compression by magic number, as Docker finds it. */
export function formatOf(head: Uint8Array): 'gzip' | 'zstd' | undefined {
  const magic = Buffer.from(head.subarray(0, 6)).toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic.startsWith('28b52ffd')) return 'zstd';
  if (magic.startsWith('425a68')) throw new InvalidArgument('layers compressed by bzip2 are not supported');
  if (magic.startsWith('fd377a585a00')) throw new InvalidArgument('layers compressed by xz are not supported');
  return undefined;
}

async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(6), 0, 6, 0);
  return buffer.subarray(0, bytesRead);
}

/** Pours a stream into a pipe to a worker. */
class Feed {
  readonly ring = createRing();
  error: unknown;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Reads far enough to know the format, and starts pouring. */
  async head(): Promise<Buffer> {
    let head: Buffer = Buffer.alloc(0);
    let next = await this.#chunks.next();
    for (; !next.done; next = await this.#chunks.next()) {
      head = Buffer.concat([head, next.value]);
      if (head.length >= 6) break;
    }
    void this.#pour(head, next.done === true);
    return head;
  }

  async #pour(head: Buffer, ended: boolean): Promise<void> {
    const writer = new RingWriter(this.ring);
    try {
      await writer.writeAsync(head);
      for (let next = ended ? undefined : await this.#chunks.next(); next && !next.done; next = await this.#chunks.next()) await writer.writeAsync(next.value);
      writer.end();
    } catch (error) {
      this.error = isKind(error, 'Cancelled') ? undefined : error;
      writer.fail();
      await this.#chunks.return?.();
    }
  }
}

/** Pipes between threads that must all come down when one end fails. */
class Plumbing {
  readonly #rings: RingMemory[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #feed: Feed | undefined;
  readonly #breakAll = () => {
    for (const ring of this.#rings) new RingWriter(ring).fail();
  };

  constructor(signal: AbortSignal | undefined, feed: Feed | undefined) {
    this.#signal = signal;
    this.#feed = feed;
    if (feed) this.#rings.push(feed.ring);
    signal?.addEventListener('abort', this.#breakAll, { once: true });
  }

  watch(ring: RingMemory): RingMemory {
    this.#rings.push(ring);
    return ring;
  }

  /** Waits until every worker is done, then gives the first one's result or the fault that broke the others. */
  async settle<T>(main: Promise<T>, ...others: Promise<unknown>[]): Promise<T> {
    const results = await Promise.allSettled([main, ...others]);
    this.#signal?.removeEventListener('abort', this.#breakAll);
    const faults = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    if (faults.length === 0) return main;
    this.#breakAll();
    if (this.#signal?.aborted) throw new Cancelled('context canceled', { cause: faults[0] });
    throw this.#feed?.error ?? faults.find((fault) => !isKind(fault, 'Cancelled')) ?? faults[0];
  }
}
