/**
 * Archives on their way into a worker: from a file or a stream, through a thread that decompresses where needed.
 *
 *   stream ─ Feed ─▶ pipe ─▶ [decompress ─▶ pipe] ─▶ the worker that unpacks
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Cancelled, createRing, isKind, recycleRing, RingWriter, type RingMemory } from '#base';
import { pool } from '../pool.ts';
import { throughCommand } from './commands.ts';
import { formatOf } from './format.ts';
import type { ByteSource } from './source.ts';

/** An archive: a file's path, or its bytes while they arrive. */
export type ArchiveSource = string | AsyncIterable<Uint8Array>;

/**
 * Has `run` read the uncompressed bytes of `source`, whatever it is compressed with (gzip, zstd; bzip2 and xz where
 * their commands are installed). Throws the fault that broke the pipeline, Cancelled when `signal` fires. Nothing
 * still works on it when this returns.
 */
export async function withPlainBytes<T>(source: ArchiveSource, signal: AbortSignal | undefined, run: (bytes: ByteSource) => Promise<T>): Promise<T> {
  if (signal?.aborted) throw new Cancelled('context canceled');
  const feed = typeof source === 'string' ? undefined : new Feed(source);
  const format = formatOf(typeof source === 'string' ? await headOf(source) : await (feed as Feed).head());
  if (format === 'bzip2' || format === 'xz') {
    const bytes = typeof source === 'string' ? createReadStream(source) : (feed as Feed).rest();
    return withPlainBytes(throughCommand(format, bytes), signal, run);
  }
  const plumbing = new Plumbing(signal, feed);
  const bytes: ByteSource = typeof source === 'string' ? { path: source } : { ring: plumbing.watch((feed as Feed).start()) };
  if (!format) return plumbing.settle(run(bytes));
  const ring = plumbing.watch(createRing());
  const decompressing = pool.run('decompress', { source: bytes, format, output: ring });
  return plumbing.settle(run({ ring }), decompressing);
}

async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(6), 0, 6, 0);
  return buffer.subarray(0, bytesRead);
}

/** Pours a stream into a pipe to a worker. */
class Feed {
  error: unknown;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #head: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Reads far enough to know the format. */
  async head(): Promise<Buffer> {
    while (this.#head.length < 6 && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done) this.#ended = true;
      else this.#head = Buffer.concat([this.#head, next.value]);
    }
    return this.#head;
  }

  /** Everything, from the head on. */
  async *rest(): AsyncGenerator<Uint8Array> {
    yield this.#head;
    if (!this.#ended) yield* { [Symbol.asyncIterator]: () => this.#chunks };
  }

  /** The pipe, which fills from now on. */
  start(): RingMemory {
    const ring = createRing();
    void this.#pour(new RingWriter(ring));
    return ring;
  }

  async #pour(writer: RingWriter): Promise<void> {
    try {
      for await (const chunk of this.rest()) await writer.writeAsync(chunk);
      writer.end();
    } catch (error) {
      this.error = isKind(error, 'Cancelled') ? undefined : error;
      writer.fail();
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
    signal?.addEventListener('abort', this.#breakAll, { once: true });
  }

  watch(ring: RingMemory): RingMemory {
    this.#rings.push(ring);
    return ring;
  }

  /**
   * Waits until every worker is done, then gives the first one's result or the fault that broke the others. The first
   * may be content with less than everything: then the others were only cancelled.
   */
  async settle<T>(main: Promise<T>, ...others: Promise<unknown>[]): Promise<T> {
    for (const worker of [main, ...others]) worker.catch(this.#breakAll); // Whoever fails before its pipe is read leaves the others waiting.
    const results = await Promise.allSettled([main, ...others]);
    this.#signal?.removeEventListener('abort', this.#breakAll);
    for (const ring of this.#rings) recycleRing(ring); // which breaks off a feed that is still at it
    const faults = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    if (results[0]?.status === 'fulfilled' && faults.every((fault) => isKind(fault, 'Cancelled'))) return main;
    if (this.#signal?.aborted) throw new Cancelled('context canceled', { cause: faults[0] });
    throw this.#feed?.error ?? faults.find((fault) => !isKind(fault, 'Cancelled')) ?? faults[0];
  }
}
