import type { Readable } from 'node:stream';
import { Unavailable } from '#base';

/** Bytes of a head or of a chunk's first line that are still taken for one. */
const longest = 1 << 20;

/** Reads one connection's bytes in order, a chunk at a time, never more than its consumer asks for. */
export class ByteReader {
  readonly #stream: Readable;
  #pending: Buffer | undefined;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('readable', () => this.#wake?.());
    stream.on('end', () => this.#finish());
    stream.on('close', () => this.#finish());
    stream.on('error', (error) => this.#finish(error));
  }

  /** False once the far side has ended or the connection broke: it cannot carry another request. */
  get alive(): boolean {
    return !this.#ended;
  }

  /** The next bytes, or undefined at the end. Rejects with the connection's error. */
  async read(): Promise<Buffer | undefined> {
    const pending = this.#pending;
    if (pending) {
      this.#pending = undefined;
      return pending;
    }
    for (;;) {
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#failure) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Puts bytes back in front. */
  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.#pending = this.#pending ? Buffer.concat([bytes, this.#pending]) : bytes;
  }

  /** Reads up to and with `mark`; undefined when the connection ends first. Throws Unavailable past `longest` bytes. */
  async readUntil(mark: string): Promise<string | undefined> {
    let text: Buffer = Buffer.alloc(0);
    for (;;) {
      if (text.length > longest) throw new Unavailable('server response headers exceeded 1048576 bytes');
      const chunk = await this.read();
      if (chunk === undefined) return undefined;
      text = text.length === 0 ? chunk : Buffer.concat([text, chunk]);
      const at = text.indexOf(mark);
      if (at < 0) continue;
      this.unread(text.subarray(at + mark.length));
      return text.toString('latin1', 0, at);
    }
  }

  /** Whatever comes until the end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }

  #finish(error?: Error): void {
    this.#ended = true;
    this.#failure ??= error;
    this.#wake?.();
  }
}
