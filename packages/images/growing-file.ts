import { open } from 'node:fs/promises';

const pieceBytes = 512 << 10;

/**
 * A file that one side is still filling while others read it: a layer on its way in is unpacked, one being compressed
 * is sent. The filling side tells how far it is; readers wait for what is not there yet.
 */
export class GrowingFile {
  #path: string | undefined;
  #length = 0;
  #generation = 0;
  #outcome: { error: unknown } | 'whole' | undefined;
  #news = Promise.withResolvers<void>();

  /** The first `length` bytes of the file at `path` are there. */
  grow(path: string, length: number): void {
    this.#path = path;
    this.#length = length;
    this.#tell();
  }

  /** What was there is no longer valid: whoever read of it must begin again, and is thrown Restarted. */
  restart(): void {
    this.#generation++;
    this.#length = 0;
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

  /** The bytes from `from` on, as they come. */
  async *read(from = 0): AsyncGenerator<Buffer> {
    const generation = this.#generation;
    while (this.#path === undefined && this.#outcome === undefined) await this.#news.promise;
    if (this.#path === undefined) return this.#end();
    await using file = await open(this.#path, 'r');
    for (let at = from; ; ) {
      if (generation !== this.#generation) throw new Restarted();
      const available = Math.min(this.#length - at, pieceBytes);
      if (available > 0) {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(available), 0, available, at);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (this.#outcome !== undefined) return this.#end();
      else await this.#news.promise;
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
