/** A connection to a receiver, made when it is first needed and again after it broke. */
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { Unavailable } from '#base';

export type StreamTarget =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls?: ConnectionOptions };

/** How long a receiver may take, in milliseconds. */
export interface Patience {
  /** For each write. */
  readonly write?: number | undefined;
  /** For an answer. */
  readonly read?: number | undefined;
  /** A connection older than this is made anew, to whatever the name stands for by then. */
  readonly age?: number | undefined;
}

/** Milliseconds for connecting, and for what `Patience` leaves open. */
const patience = 5000;

export class StreamSocket implements Disposable {
  readonly #target: StreamTarget;
  readonly #patience: Patience;
  #socket: Socket | undefined;
  #connectedAt = 0;

  constructor(target: StreamTarget, limits: Patience = {}) {
    this.#target = target;
    this.#patience = limits;
  }

  /** Resolves when the kernel has taken all of it. Throws what broke the connection. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isOld()) this[Symbol.dispose]();
    const socket = await this.#connected();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Unavailable('the receiver does not read')), this.#patience.write ?? patience);
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    try {
      await promise;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** The next bytes from the receiver. Throws what broke the connection, or a TimeoutError; then a late answer is not taken for the next one. */
  async read(): Promise<Buffer> {
    const socket = await this.#connected();
    try {
      const [bytes] = (await once(socket, 'data', { signal: AbortSignal.timeout(this.#patience.read ?? patience) })) as [Buffer];
      return bytes;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** The next use connects anew. */
  [Symbol.dispose](): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #connected(): Promise<Socket> {
    if (this.#socket && !this.#socket.destroyed && this.#socket.writable) return this.#socket;
    const target = this.#target;
    const socket = 'tls' in target && target.tls ? connectTls({ host: target.host, port: target.port, servername: target.host, ...target.tls }) : connectPlain(target);
    // Errors are told by whoever waits; one that comes while nobody does shows at the next write.
    socket.on('error', () => socket.destroy());
    try {
      await once(socket, 'tls' in target && target.tls ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(patience) });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    socket.setNoDelay(true);
    socket.unref();
    this.#connectedAt = performance.now();
    return (this.#socket = socket);
  }

  #isOld(): boolean {
    return this.#socket !== undefined && performance.now() - this.#connectedAt > (this.#patience.age ?? Infinity);
  }
}
