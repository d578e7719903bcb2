import type { Duplex } from 'node:stream';
import { Cancelled } from '#base';
import { ByteReader } from './byte-reader.ts';
import { readBody, readHead, type RequestBody, type RequestHead, type ResponseHead, sendRequest } from './http.ts';

/** One open connection to an engine: a request at a time, or bytes both ways once it was taken over. */
export class Connection {
  readonly stream: Duplex;
  readonly reader: ByteReader;
  #sending = false;
  #unfollow: (() => void) | undefined;

  constructor(stream: Duplex) {
    this.stream = stream;
    this.reader = new ByteReader(stream);
  }

  /** True when nothing of the last request or answer is left on the way and the far side keeps the connection. */
  get reusable(): boolean {
    return !this.#sending && this.reader.alive && !this.stream.destroyed;
  }

  /**
   * Sends a request and reads the answer's head, which may come before the request is whole: the rest is sent
   * meanwhile. `signal` ends the connection at any time until `release`.
   */
  async exchange(request: RequestHead, body: RequestBody | undefined, signal: AbortSignal | undefined): Promise<ResponseHead> {
    this.#follow(signal);
    this.#sending = true;
    sendRequest(this.stream, request, body).then(
      () => (this.#sending = false),
      (error: Error) => this.stream.destroy(error), // half a request gets no answer: the reader below learns why
    );
    return readHead(this.reader);
  }

  /** The answer's body as it comes; `done` is told at the end whether it was read whole. */
  async *body(method: string, head: ResponseHead, done: (whole: boolean) => void): AsyncGenerator<Buffer> {
    let whole = false;
    try {
      yield* readBody(this.reader, method, head);
      whole = head.headers['connection']?.toLowerCase() !== 'close';
    } finally {
      done(whole);
    }
  }

  /** No longer listens to the signal of the last exchange. */
  release(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  close(error?: Error): void {
    this.release();
    this.stream.destroy(error);
  }

  #follow(signal: AbortSignal | undefined): void {
    if (!signal) return;
    const abort = (): void => this.close(new Cancelled('context canceled'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    this.#unfollow = () => signal.removeEventListener('abort', abort);
  }
}
