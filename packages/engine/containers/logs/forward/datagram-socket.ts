/** Datagrams to a receiver over UDP. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';

export class UdpSocket implements Disposable {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #address = '';

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Resolves when the kernel has taken it. Throws when the host has no address or the datagram is too long. */
  async send(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket ?? (await this.#open());
    await new Promise<void>((resolve, reject) => socket.send(bytes, this.#port, this.#address, (error) => (error ? reject(error) : resolve())));
  }

  [Symbol.dispose](): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #open(): Promise<Socket> {
    const { address, family } = await lookup(this.#host);
    this.#address = address;
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.on('error', () => this[Symbol.dispose]());
    socket.unref();
    return (this.#socket = socket);
  }
}
