/** A connection to a receiver, made when it is first needed and again after it broke. */
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { Unavailable } from '#base';

export type StreamTarget =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls?: ConnectionOptions };

/** Milliseconds for connecting and for each write. */
const patience = 5000;

export class StreamSocket implements Disposable {
  readonly #target: StreamTarget;
  #socket: Socket | undefined;

  constructor(target: StreamTarget) {
    this.#target = target;
  }

  /** Resolves when the kernel has taken all of it. Throws what broke the connection. */
  async write(bytes: Uint8Array): Promise<void> {
    const socket = await this.#connected();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Unavailable('the receiver does not read')), patience);
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

  /** The next bytes from the receiver. */
  async read(): Promise<Buffer> {
    const socket = await this.#connected();
    const [bytes] = (await once(socket, 'data', { signal: AbortSignal.timeout(patience) })) as [Buffer];
    return bytes;
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
    return (this.#socket = socket);
  }
}
