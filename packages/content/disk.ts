import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, open, opendir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { algorithmOf, DataLoss, digestOf, hexOf, isDigest, NotFound, tolerate } from '#base';
import type { Digest } from '#base';
import { openIngest } from './ingest.ts';
import type { BlobInfo, ContentStore, Ingest } from './port.ts';

const documentLimit = 8 << 20;
const ingestLifetime = 24 * 3600 * 1000;

/**
 * Opens the content store in `root` (made when missing). One process owns a root at a time.
 *
 * Crash rule: a blob gets its name by rename once it is whole and synced, so what bears a digest's name is that
 * content. The directory itself is not synced: after a power cut a blob may be missing, never half.
 */
export function openContentStore(root: string): ContentStore {
  for (const directory of ['blobs/sha256', 'blobs/sha512', 'ingest', 'scratch']) mkdirSync(join(root, directory), { recursive: true });
  return new DiskContentStore(root);
}

class DiskContentStore implements ContentStore {
  readonly #root: string;
  readonly #writers = new Map<string, Promise<void>>();
  readonly #leases = new Map<Digest, number>();
  readonly #deletions = new Map<Digest, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  async info(digest: Digest): Promise<BlobInfo | undefined> {
    await this.#deletions.get(digest);
    const found = await stat(this.#blobPath(digest)).catch(tolerate(['ENOENT'], undefined));
    return found && { digest, size: found.size };
  }

  async read(digest: Digest, offset = 0, length?: number): Promise<Readable> {
    await this.#require(digest);
    return Readable.from(piecesOf(this.#blobPath(digest), offset, length), { objectMode: false, highWaterMark: 1 << 20 });
  }

  async bytes(digest: Digest, limit = documentLimit): Promise<Buffer> {
    const info = await this.#require(digest);
    if (info.size > limit) throw new DataLoss(`blob ${digest} has ${info.size} bytes, more than ${limit} allowed for a document`);
    return readFile(this.#blobPath(digest));
  }

  async path(digest: Digest): Promise<string> {
    await this.#require(digest);
    return this.#blobPath(digest);
  }

  async ingest(ref: string, expected: { digest?: Digest; size?: number; hold?: (digest: Digest) => void } = {}): Promise<Ingest> {
    const release = await this.#takeRef(ref);
    const name = createHash('sha256').update(ref).digest('hex');
    const path = join(this.#root, 'ingest', name, 'data');
    try {
      return await openIngest({ ref, path, expected, release, blobPath: (digest) => this.#blobPath(digest) });
    } catch (error) {
      release();
      throw error;
    }
  }

  async put(bytes: Uint8Array | string, options: { durable?: boolean; algorithm?: 'sha256' | 'sha512' } = {}): Promise<BlobInfo> {
    const blob = { digest: digestOf(bytes, options.algorithm), size: Buffer.byteLength(bytes) };
    if (await this.info(blob.digest)) return blob;
    const path = this.scratch();
    {
      await using file = await open(path, 'wx', 0o644);
      await file.writeFile(bytes);
    }
    return this.adopt(path, blob, options);
  }

  scratch(): string {
    return join(this.#root, 'scratch', randomBytes(12).toString('hex'));
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async adopt(path: string, blob: BlobInfo, options: { durable?: boolean } = {}): Promise<BlobInfo> {
    if (options.durable !== false) {
      await using file = await open(path, 'r+');
      await file.datasync();
    }
    await this.#deletions.get(blob.digest);
    await rename(path, this.#blobPath(blob.digest));
    return blob;
  }

  lease(digests: Iterable<Digest>): Disposable {
    const held = [...digests];
    for (const digest of held) this.#leases.set(digest, (this.#leases.get(digest) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        for (const digest of held.splice(0)) {
          const left = (this.#leases.get(digest) ?? 1) - 1;
          if (left > 0) this.#leases.set(digest, left);
          else this.#leases.delete(digest);
        }
      },
    };
  }

  async delete(digest: Digest): Promise<void> {
    const deletion = rm(this.#blobPath(digest), { force: true }).finally(() => this.#deletions.delete(digest));
    this.#deletions.set(digest, deletion);
    await deletion;
  }

  async collect(reachable: ReadonlySet<Digest>): Promise<BlobInfo[]> {
    const gone: BlobInfo[] = [];
    for await (const blob of this.list()) {
      if (reachable.has(blob.digest) || this.#leases.has(blob.digest)) continue;
      await this.delete(blob.digest);
      gone.push(blob);
    }
    return gone;
  }

  async *list(): AsyncIterable<BlobInfo> {
    for (const algorithm of await readdir(join(this.#root, 'blobs'))) {
      for await (const entry of await opendir(join(this.#root, 'blobs', algorithm))) {
        const digest = `${algorithm}:${entry.name}`;
        const info = isDigest(digest) ? await this.info(digest) : undefined;
        if (info) yield info;
      }
    }
  }

  async recover(): Promise<void> {
    await rm(join(this.#root, 'scratch'), { recursive: true, force: true });
    await mkdir(join(this.#root, 'scratch'));
    for (const name of await readdir(join(this.#root, 'ingest'))) {
      const directory = join(this.#root, 'ingest', name);
      const file = await stat(join(directory, 'data')).catch(() => undefined);
      if (!file || Date.now() - file.mtimeMs > ingestLifetime) await rm(directory, { recursive: true, force: true });
    }
  }

  async #require(digest: Digest): Promise<BlobInfo> {
    const info = await this.info(digest);
    if (!info) throw new NotFound(`content ${digest}: not found`);
    return info;
  }

  #blobPath(digest: Digest): string {
    return join(this.#root, 'blobs', algorithmOf(digest), hexOf(digest));
  }

  /** Waits for the ref's earlier writers, in order, and returns what lets the next one in. */
  async #takeRef(ref: string): Promise<() => void> {
    const earlier = this.#writers.get(ref);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#writers.set(ref, promise);
    await earlier;
    return () => {
      if (this.#writers.get(ref) === promise) this.#writers.delete(ref);
      resolve();
    };
  }
}

/**
 * Opens the file when the first piece is asked for: a stream that nobody comes to read holds no descriptor, for which
 * the garbage collector would end the process.
 */
async function* piecesOf(path: string, offset: number, length: number | undefined): AsyncGenerator<Buffer> {
  await using file = await open(path, 'r');
  const end = length === undefined ? {} : { end: offset + length - 1 };
  for await (const piece of file.createReadStream({ start: offset, ...end, highWaterMark: 1 << 20, autoClose: false })) yield piece as Buffer;
}
