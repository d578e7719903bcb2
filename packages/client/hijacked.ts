import type { Connection } from './connection.ts';
import { write } from './http.ts';
import { demultiplex, type StdFrame } from './stdcopy.ts';

/** A connection that attach or exec took over. */
export class Hijacked implements Disposable {
  readonly #connection: Connection;
  /** What the engine calls the bytes; only from API 1.42 on does it tell framed ones from raw ones. */
  readonly contentType: string | undefined;

  constructor(connection: Connection, contentType: string | undefined) {
    this.#connection = connection;
    this.contentType = contentType;
  }

  /** The engine's bytes as they are. */
  bytes(): AsyncIterable<Buffer> {
    return this.#connection.reader;
  }

  /** The engine's bytes taken apart into standard output and standard error. */
  frames(): AsyncIterable<StdFrame> {
    return demultiplex(this.#connection.reader);
  }

  /** Sends bytes to the container's standard input; waits while it is slow. */
  write(bytes: Uint8Array): Promise<void> {
    return write(this.#connection.stream, bytes);
  }

  /** Ends the container's standard input; its output goes on. */
  closeWrite(): void {
    this.#connection.stream.end();
  }

  /** Hangs up. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
