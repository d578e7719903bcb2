import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { algorithmOf, DataLoss, parseDigest } from '#base';
import type { Digest } from '#base';
import { EarlySync } from './early-sync.ts';
import type { BlobInfo, Ingest } from './port.ts';

/** Chunks are gathered up to this many bytes before they go to the kernel: one thread-pool trip a mebibyte, not one a packet. */
const gatherBytes = 1 << 20;

/** What an ingest needs to know of its store. */
export interface IngestPlace {
  readonly ref: string;
  /** `<root>/ingest/<hash of ref>/data` */
  readonly path: string;
  readonly expected: { digest?: Digest; size?: number; hold?: (digest: Digest) => void };
  blobPath(digest: Digest): string;
  /** Called once, when the ingest is committed, aborted or disposed of: the next writer may have the ref. */
  release(): void;
}

/** Opens the ingest's file, keeping the bytes that an earlier attempt left. */
export async function openIngest(place: IngestPlace): Promise<Ingest> {
  await mkdir(dirname(place.path), { recursive: true });
  const file = await open(place.path, 'a+', 0o644);
  const { size } = await file.stat();
  return new DiskIngest(place, file, size);
}

class DiskIngest implements Ingest {
  readonly #place: IngestPlace;
  readonly #file: FileHandle;
  readonly #sync: EarlySync;
  #offset: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Undefined when bytes of an earlier attempt are in the file: then the whole file is hashed at commit. */
  #hash: Hash | undefined;
  #closed = false;

  constructor(place: IngestPlace, file: FileHandle, offset: number) {
    this.#place = place;
    this.#file = file;
    this.#sync = new EarlySync(file);
    this.#offset = offset;
    if (offset === 0) this.#hash = this.#newHash();
  }

  get ref(): string {
    return this.#place.ref;
  }

  get path(): string {
    return this.#place.path;
  }

  get offset(): number {
    return this.#offset;
  }

  get flushed(): number {
    return this.#offset - this.#pendingBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash?.update(chunk);
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    this.#offset += chunk.length;
    if (this.#pendingBytes >= gatherBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const chunks = this.#pending;
    const total = this.#pendingBytes;
    if (total === 0) return;
    this.#pending = [];
    const { bytesWritten } = await this.#file.writev(chunks);
    if (bytesWritten < total) await this.#file.appendFile(Buffer.concat(chunks).subarray(bytesWritten));
    this.#pendingBytes = 0;
    this.#sync.wrote(total);
  }

  async truncate(): Promise<void> {
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.#file.truncate(0);
    this.#offset = 0;
    this.#hash = this.#newHash();
  }

  async commit(late?: Digest): Promise<BlobInfo> {
    await this.flush();
    const { size } = this.#place.expected;
    const wanted = late ?? this.#place.expected.digest;
    const algorithm = wanted === undefined ? 'sha256' : algorithmOf(wanted);
    if (algorithm !== this.#algorithm()) this.#hash = undefined;
    const digest = await this.#digest(algorithm);
    if (size !== undefined && size !== this.#offset) return this.#refuse(`unexpected commit size ${this.#offset}, expected ${size}`);
    if (wanted !== undefined && wanted !== digest) return this.#refuse(`unexpected commit digest ${digest}, expected ${wanted}`);
    await this.#sync.finish();
    this.#place.expected.hold?.(digest);
    const target = this.#place.blobPath(digest);
    await mkdir(dirname(target), { recursive: true });
    await rename(this.path, target);
    await this.#close(true);
    return { digest, size: this.#offset };
  }

  async abort(): Promise<void> {
    await this.#close(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    try {
      await this.flush();
    } finally {
      await this.#close(false);
    }
  }

  async #refuse(message: string): Promise<never> {
    await this.#close(true);
    throw new DataLoss(message);
  }

  async #close(drop: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#sync.settled();
      await this.#file.close();
      if (drop) await rm(dirname(this.path), { recursive: true, force: true });
    } finally {
      this.#place.release();
    }
  }

  /** The running hash's result, or the hash of the whole file where none ran from the first byte. */
  async #digest(algorithm: 'sha256' | 'sha512'): Promise<Digest> {
    const running = this.#hash;
    this.#hash = undefined;
    if (running) return parseDigest(`${algorithm}:${running.digest('hex')}`);
    const hash = createHash(algorithm);
    for await (const chunk of createReadStream(this.path, { highWaterMark: gatherBytes })) hash.update(chunk as Buffer);
    return parseDigest(`${algorithm}:${hash.digest('hex')}`);
  }

  #newHash(): Hash {
    return createHash(this.#algorithm());
  }

  #algorithm(): 'sha256' | 'sha512' {
    const { digest } = this.#place.expected;
    return digest === undefined ? 'sha256' : algorithmOf(digest);
  }
}
