import { open, type FileHandle } from 'node:fs/promises';
import { errnoOf } from '#base';

const pieceBytes = 512 << 10;
/** A writer that is followed live waits when its follower is this many bytes behind. */
const leadBytes = 2 << 20;

/**
 * A file that one side is still filling while others read it: a layer on its way in is unpacked, one being compressed
 * is sent. The filling side tells how far it is; readers wait for what is not there yet.
 *
 * A reader that is there before the first chunk is `append`ed follows live: it gets the chunks from memory, and the
 * writer waits for it. One that comes later reads the file behind the writer, who then waits for nobody.
 */
export class GrowingFile {
  #path: string | undefined;
  #length = 0;
  #generation = 0;
  #appended = false;
  #live: LiveQueue | undefined;
  #outcome: { error: unknown } | 'whole' | undefined;
  #news = Promise.withResolvers<void>();

  /** The first `length` bytes of the file at `path` are there. */
  grow(path: string, length: number): void {
    this.#path = path;
    this.#length = length;
    this.#tell();
  }

  /** One more chunk, which begins at `position`; the file at `path` may not hold it yet but `length` bytes. */
  async append(path: string, chunk: Uint8Array, position: number, length: number): Promise<void> {
    this.#appended = true;
    const room = this.#live?.put(chunk, position);
    this.grow(path, length);
    await room;
  }

  /** What was there is no longer valid: whoever read of it is thrown Restarted. */
  restart(): void {
    this.#generation++;
    this.#length = 0;
    this.#live?.drop();
    this.#live = undefined;
    this.#tell();
  }

  /** The file is whole, perhaps by another name now. */
  finish(path: string, length: number): void {
    this.#outcome = 'whole';
    this.grow(path, length);
  }

  /** It will never be whole; readers are thrown `error`. */
  fail(error: unknown): void {
    this.#outcome ??= { error };
    this.#tell();
  }

  /** The bytes from the first on, as they come. */
  async *read(): AsyncGenerator<Uint8Array> {
    const generation = this.#generation;
    const live = this.#appended || this.#live ? undefined : (this.#live = new LiveQueue());
    let file: FileHandle | undefined;
    try {
      for (let at = 0; ; ) {
        if (generation !== this.#generation) throw new Restarted();
        let chunk = live?.take(at);
        if (!chunk && at < Math.min(this.#length, live?.position ?? Infinity)) chunk = await pieceOf((file ??= await this.#open()), at, this.#length);
        if (chunk) {
          at += chunk.length;
          yield chunk;
        } else if (this.#outcome === undefined) await this.#news.promise;
        else return this.#end();
      }
    } finally {
      if (live && this.#live === live) this.#live = undefined;
      live?.drop();
      await file?.close();
    }
  }

  /** One that has just got its last name is found once `finish` has told it. */
  async #open(): Promise<FileHandle> {
    for (;;) {
      const path = this.#path as string;
      const news = this.#news.promise;
      try {
        return await open(path, 'r');
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || (path === this.#path && this.#outcome === 'whole')) throw error;
        if (path === this.#path && this.#outcome === undefined) await news;
        this.#end();
      }
    }
  }

  #end(): void {
    if (this.#outcome !== undefined && this.#outcome !== 'whole') throw this.#outcome.error;
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}

/** A reader's bytes turned out to be no good: read again from the start, once the file is whole. */
export class Restarted extends Error {}

/** Chunks on their way from the writer to the reader that follows it. */
class LiveQueue {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #dropped = false;
  #room: (() => void) | undefined;
  /** Where the first queued chunk begins; undefined before there was any. */
  position: number | undefined;

  /** Queues a chunk; the promise, where one comes back, ends when there is room for more. */
  put(chunk: Uint8Array, position: number): Promise<void> | undefined {
    if (this.#dropped) return undefined;
    this.position ??= position;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes <= leadBytes ? undefined : new Promise((resolve) => (this.#room = resolve));
  }

  take(at: number): Uint8Array | undefined {
    const chunk = at === this.position ? this.#chunks.shift() : undefined;
    if (!chunk) return undefined;
    this.position = at + chunk.length;
    this.#bytes -= chunk.length;
    if (this.#bytes <= leadBytes) this.#room?.();
    return chunk;
  }

  /** The reader is gone: nothing is kept and nobody waits. */
  drop(): void {
    this.#dropped = true;
    this.#chunks = [];
    this.#room?.();
  }
}

async function pieceOf(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const want = Math.min(length - at, pieceBytes);
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(want), 0, want, at);
  return buffer.subarray(0, bytesRead);
}
