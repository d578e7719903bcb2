/**
 * An engine that answers from a list, for tests of the command: it hears requests, remembers them, and gives for each the
 * next answer that fits.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

/** What the engine says to a request. */
export interface CannedAnswer {
  readonly method: string;
  /** Without the version: `/containers/json?all=1`. */
  readonly target: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For a request that takes the connection over: what is sent after 101, before the engine hangs up. */
  readonly stream?: Uint8Array;
  /** Holds this answer back until a request to this path has come: a wait until the start. */
  readonly after?: string;
}

export interface HeardRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  body: Buffer;
  /** What came in over a connection that was taken over. */
  typed: string;
}

export class FakeEngine implements AsyncDisposable {
  /** What its ping says of a swarm; nothing where undefined. */
  swarm: string | undefined;
  readonly heard: HeardRequest[] = [];
  readonly #server: Server;
  readonly #directory: string;
  readonly #answers: CannedAnswer[];
  readonly #apiVersion: string;
  #changed = Promise.withResolvers<void>();

  private constructor(directory: string, answers: readonly CannedAnswer[], apiVersion: string) {
    this.#directory = directory;
    this.#answers = [...answers];
    this.#apiVersion = apiVersion;
    this.#server = createServer((request, response) => void this.#serve(request, response).catch(() => response.destroy())); // a command may hang up at any time
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** Listens on a socket of its own. */
  static async start(answers: readonly CannedAnswer[], apiVersion = '1.50'): Promise<FakeEngine> {
    const engine = new FakeEngine(await mkdtemp(join(tmpdir(), 'naru-fake-engine-')), answers, apiVersion);
    engine.#server.listen(engine.socket);
    await once(engine.#server, 'listening');
    return engine;
  }

  get socket(): string {
    return join(this.#directory, 'engine.sock');
  }

  get host(): string {
    return `unix://${this.socket}`;
  }

  /** Requests but for pings, as `POST /containers/create?name=x`. */
  get requests(): string[] {
    return this.heard.map(({ method, target }) => `${method} ${target}`);
  }

  /** The parsed JSON body of the first request whose line begins so. */
  bodyOf(line: string): unknown {
    const found = this.heard.find(({ method, target }) => `${method} ${target}`.startsWith(line));
    return found && JSON.parse(found.body.toString());
  }

  /** Resolves when `count` requests have come whose target begins so. */
  async asked(path: string, count: number): Promise<void> {
    while (this.heard.filter(({ target }) => target.startsWith(path)).length < count) await this.#changed.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Api-Version', this.#apiVersion).setHeader('Ostype', 'linux');
    if (this.swarm !== undefined) response.setHeader('Swarm', this.swarm);
    if (request.url?.endsWith('/_ping')) return void response.end();
    const heard = this.#hear(request);
    const answer = await this.#answerTo(heard);
    response.writeHead(answer?.status ?? (answer ? 200 : 501), { 'Content-Type': 'application/json', ...answer?.headers });
    if (answer?.after) response.flushHeaders();
    for await (const chunk of request) heard.body = Buffer.concat([heard.body, chunk as Buffer]);
    if (answer?.after) await this.#until(answer.after);
    response.end(answer ? answer.body : JSON.stringify({ message: `nothing is prepared for ${heard.method} ${heard.target}` }));
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const heard = this.#hear(request);
    const length = Number(request.headers['content-length'] ?? 0);
    heard.body = head.subarray(0, length);
    const answer = await this.#answerTo(heard);
    socket.on('error', () => {}); // the command hangs up when it has seen enough
    if (!answer || (answer.status ?? 101) !== 101) {
      const body = Buffer.from(answer?.body ?? JSON.stringify({ message: `nothing is prepared for ${heard.method} ${heard.target}` }));
      socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${answer?.status ?? 501} Refused\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`), body]));
      return;
    }
    socket.write(`HTTP/1.1 101 UPGRADED\r\nContent-Type: ${answer.headers?.['Content-Type'] ?? 'application/vnd.docker.raw-stream'}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
    let ended = false;
    socket.on('data', (chunk: Buffer) => {
      const missing = length - heard.body.length;
      heard.body = Buffer.concat([heard.body, chunk.subarray(0, missing)]);
      heard.typed += chunk.subarray(Math.max(0, missing)).toString();
    });
    socket.on('end', () => (ended = true));
    if (answer.after) await this.#until(answer.after);
    socket.write(answer.stream ?? '');
    while (!ended && request.url?.includes('stdin=1')) await new Promise((wake) => setTimeout(wake, 5));
    socket.end();
  }

  #hear(request: IncomingMessage): HeardRequest {
    const target = (request.url ?? '').replace(/^\/v[\d.]+/, '');
    const heard = { method: request.method ?? '', target, headers: request.headers, body: Buffer.alloc(0), typed: '' };
    this.heard.push(heard);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    return heard;
  }

  async #answerTo({ method, target }: HeardRequest): Promise<CannedAnswer | undefined> {
    const index = this.#answers.findIndex((answer) => answer.method === method && answer.target === target);
    return index < 0 ? undefined : this.#answers.splice(index, 1)[0];
  }

  async #until(path: string): Promise<void> {
    while (!this.heard.some(({ target }) => target.startsWith(path))) await this.#changed.promise;
  }
}

/** One frame of the multiplexed stream: 1 standard output, 2 standard error. */
export function frame(stream: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}
