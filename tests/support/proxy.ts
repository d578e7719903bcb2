/** A registry's unreliable front: passes requests on, and damages blob downloads as told. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Damage = 'none' | 'hang-up-once' | 'hang-up-always' | 'corrupt';

export class Proxy implements AsyncDisposable {
  damage: Damage = 'none';
  /** Blob downloads cut so far, and those that asked to resume with a Range. */
  cuts = 0;
  resumed = 0;
  readonly #server: Server;
  readonly #target: string;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  }

  static async start(target: string): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((listening) => proxy.#server.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const [host = '', port = ''] = this.#target.split(':');
    const options = { host, port, method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: { ...incoming.headers, host: this.#target } };
    const onward = request(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      const large = Number(answer.headers['content-length'] ?? 0) > 100_000;
      if (incoming.method === 'GET' && /\/blobs\//.test(incoming.url ?? '') && large) this.#damaged(incoming, answer, outgoing);
      else answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }

  #damaged(incoming: IncomingMessage, answer: IncomingMessage, outgoing: ServerResponse): void {
    if (incoming.headers.range) this.resumed += 1;
    const cut = this.damage === 'hang-up-always' || (this.damage === 'hang-up-once' && this.cuts === 0);
    let passed = 0;
    answer.on('data', (chunk: Buffer) => {
      if (this.damage === 'corrupt' && passed === 0) chunk[chunk.length >> 1] = (chunk[chunk.length >> 1] ?? 0) ^ 0xff;
      passed += chunk.length;
      if (!cut || passed <= 50_000) {
        outgoing.write(chunk);
        return;
      }
      // What was written must be on its way before the line is cut: node:http holds back what is written in one tick.
      this.cuts += 1;
      answer.destroy();
      outgoing.write(chunk, () => outgoing.destroy());
    });
    answer.on('end', () => outgoing.end());
  }
}
