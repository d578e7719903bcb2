/**
 * The Engine API's client: one engine, as many connections as requests are under way at once, idle ones used again.
 *
 *     using engine = new EngineClient({ host: 'unix:///run/naru/naru.sock' });
 *     const list = await engine.call(calls.containerList, { query: { all: true } });
 *
 * The first request pings the engine and settles on the newer of the versions both sides speak, unless one is forced.
 */
import { Unavailable } from '#base';
import type { Call } from './call.ts';
import { Connection } from './connection.ts';
import { dial } from './dial.ts';
import { connectionFailed, daemonError } from './errors.ts';
import { Hijacked } from './hijacked.ts';
import { type Endpoint, parseHost } from './host.ts';
import type { RequestBody, ResponseHead } from './http.ts';
import { parseAnswer } from './json-stream.ts';
import { negotiate, type Ping, pingOf } from './ping.ts';
import { encodeQuery, fillPath, type QueryValue } from './query.ts';
import type { ProxyAddress } from './proxy-address.ts';
import { clientVersion } from './version.ts';
import type { TlsOptions } from './tls-options.ts';

export interface EngineClientOptions {
  /** `unix:///run/naru/naru.sock`, `tcp://…`, `ssh://…`. */
  readonly host: string;
  readonly tls?: TlsOptions | undefined;
  /** Forces an API version; without it the client and the engine agree on one. */
  readonly version?: string | undefined;
  readonly userAgent?: string | undefined;
  /** The proxy through which an engine on tcp is asked: with TLS by a tunnel, without by the proxy itself, past which goes what takes its connection over. */
  readonly proxy?: ProxyAddress | undefined;
  /** Headers for every request (`HttpHeaders` of the configuration file). */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What one call sends besides its method and path. */
export interface CallInput {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Sent as JSON, with a newline at the end. */
  readonly json?: unknown;
  /** Sent as it is; `contentType` names its kind. */
  readonly body?: RequestBody | undefined;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body is read as it comes. Read it to the end or call `close`. */
export interface Answer {
  readonly head: ResponseHead;
  readonly body: AsyncIterable<Buffer>;
  close(): void;
}

/** One request and its answer's head, as an observer is told. Milliseconds of `performance.now()`. */
export interface Exchange {
  readonly method: string;
  /** Without the version. */
  readonly target: string;
  readonly begun: number;
  readonly answered: number;
  /** Milliseconds that the engine says it took, where it does. */
  readonly engine: number | undefined;
}

export class EngineClient implements Disposable {
  /** Is told of every exchange from now on; the engine is then asked to tell its own time. */
  observer: ((exchange: Exchange) => void) | undefined;
  readonly host: string;
  readonly endpoint: Endpoint;
  readonly #options: EngineClientOptions;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  #version: string | undefined;
  #ping: Promise<Ping> | undefined;

  constructor(options: EngineClientOptions) {
    this.host = options.host;
    this.endpoint = parseHost(options.host, options.tls !== undefined);
    this.#options = options;
    this.#version = options.version;
  }

  /** The API version in use; the newest one known here until the engine was asked. */
  get version(): string {
    return this.#version ?? clientVersion;
  }

  /** Makes `version` the one that is spoken: asks nobody when it is known. Rejects as `ping` does. */
  async settleVersion(): Promise<void> {
    if (this.#version === undefined) await this.ping();
  }

  /** Asks the engine who it is, once, and settles the version. Rejects with ConnectionFailed when nobody answers. */
  ping(): Promise<Ping> {
    this.#ping ??= this.#askPing();
    return this.#ping;
  }

  /** Sends a request and gives the parsed JSON answer (undefined for an empty one). Throws DaemonError. */
  async call<T>(call: Call<T>, input: CallInput = {}): Promise<T> {
    const text = await this.text(call, input);
    return (text.trim() === '' ? undefined : parseAnswer(text)) as T;
  }

  /** As `call`, giving the answer's text with its digits and order untouched. */
  async text(call: Call<unknown>, input: CallInput = {}): Promise<string> {
    return textOf((await this.open(call, input)).body);
  }

  /** Sends a request and gives the answer to be read as it comes. Throws DaemonError for a refusal. */
  async open(call: Call<unknown>, input: CallInput = {}): Promise<Answer> {
    const target = await this.#target(call, input);
    return this.#on(await this.#take(), asked(call.method, target), async (connection) => {
      const head = await this.#exchange(connection, call.method, target, input);
      return head.status >= 400 ? this.#refuse(connection, call.method, target, head) : this.#answer(connection, call.method, head);
    });
  }

  /**
   * Sends a request that takes the connection over (attach, exec): raw bytes both ways from then on. Throws Unavailable,
   * with no more than the status, as Docker's client does, where the engine does not hand it over.
   */
  async hijack(call: Call<unknown>, input: CallInput = {}): Promise<Hijacked> {
    const target = await this.#target(call, input);
    const upgrade = { Connection: 'Upgrade', 'Content-Type': input.json === undefined ? 'text/plain' : 'application/json', Upgrade: 'tcp' };
    const connection = this.#proxy ? await this.dial() : await this.#take();
    this.#busy.add(connection);
    const head = await this.#on(connection, asked(call.method, target), () => this.#exchange(connection, call.method, target, { ...input, headers: { ...upgrade, ...input.headers } }));
    if (head.status === 101) return new Hijacked(connection, head.headers['content-type']);
    this.#busy.delete(connection);
    connection.close();
    throw new Unavailable(`unable to upgrade to tcp, received ${head.status}`);
  }

  /** Opens a bare connection to the engine, for `system dial-stdio`. */
  async dial(): Promise<Connection> {
    return await this.#dial(this.endpoint);
  }

  async #dial(to: Endpoint): Promise<Connection> {
    try {
      return new Connection(await dial(to, this.#options.tls, this.#options.proxy));
    } catch (error) {
      throw connectionFailed(error, this.endpoint, this.host);
    }
  }

  /** Closes every connection; requests under way fail. */
  [Symbol.dispose](): void {
    for (const connection of [...this.#idle.splice(0), ...this.#busy]) connection.close();
    this.#busy.clear();
  }

  async #askPing(): Promise<Ping> {
    const { head } = await this.#pingBy('HEAD');
    const known = head.status === 200 || head.status >= 500;
    const ping = pingOf(known ? head : (await this.#pingBy('GET')).head);
    this.#version ??= negotiate(ping);
    return ping;
  }

  async #pingBy(method: 'HEAD' | 'GET'): Promise<Answer> {
    return this.#on(await this.#take(), asked(method, `${this.#prefix}/_ping`), async (connection) => {
      const head = await this.#exchange(connection, method, `${this.#prefix}/_ping`, {});
      const answer = this.#answer(connection, method, head);
      await textOf(answer.body);
      return answer;
    });
  }

  get #prefix(): string {
    return this.endpoint.kind === 'tcp' ? this.endpoint.prefix : '';
  }

  /** In the place of an engine on plain tcp; certificates are checked by nobody between. */
  get #proxy(): Endpoint | undefined {
    const { proxy, tls } = this.#options;
    return proxy && this.endpoint.kind === 'tcp' && !tls ? { kind: 'tcp', host: proxy.host, port: proxy.port, prefix: '' } : undefined;
  }

  async #target(call: Call<unknown>, input: CallInput): Promise<string> {
    await this.settleVersion();
    return `${this.#prefix}/v${this.version}${fillPath(call.path, input.path ?? {})}${encodeQuery(input.query ?? {})}`;
  }

  async #take(): Promise<Connection> {
    let connection = this.#idle.pop();
    while (connection && !connection.reusable) connection = this.#idle.pop();
    connection ??= await this.#dial(this.#proxy ?? this.endpoint);
    this.#busy.add(connection);
    return connection;
  }

  /** Runs a step on a connection; a failure ends the connection, and is told in Docker's words. */
  async #on<T>(connection: Connection, request: Asked, step: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await step(connection);
    } catch (error) {
      if (this.#busy.delete(connection)) connection.close();
      throw connectionFailed(error, this.endpoint, this.host, `${request.verb} "${this.#base}${request.target}"`);
    }
  }

  async #exchange(connection: Connection, method: string, target: string, input: CallInput): Promise<ResponseHead> {
    const begun = this.observer ? performance.now() : 0; // a part of Node that is not in the executable's snapshot
    const json = input.json === undefined ? undefined : `${JSON.stringify(input.json)}\n`;
    const kind = json === undefined ? input.contentType : 'application/json';
    const headers: Record<string, string> = {
      Host: this.endpoint.kind === 'tcp' ? `${this.endpoint.host}:${this.endpoint.port}` : 'api.moby.localhost',
      'User-Agent': this.#options.userAgent ?? 'Naru-Client',
      ...this.#options.headers,
      ...(kind === undefined ? {} : { 'Content-Type': kind }),
      ...(this.observer && { 'Naru-Timings': '1' }),
      ...input.headers,
    };
    const isProxied = this.#proxy !== undefined && headers['Upgrade'] === undefined;
    const permission = isProxied && this.#options.proxy?.authorization;
    if (permission) headers['Proxy-Authorization'] = permission;
    const head = await connection.exchange({ method, target: isProxied ? this.#base + target : target, headers }, json ?? input.body, input.signal);
    const engine = /^engine;dur=([\d.]+)$/.exec(head.headers['server-timing'] ?? '')?.[1];
    this.observer?.({ method, target: target.replace(/^.*?\/v[\d.]+(?=\/)/, ''), begun, answered: performance.now(), engine: engine === undefined ? undefined : Number(engine) });
    return head;
  }

  async #refuse(connection: Connection, method: string, target: string, head: ResponseHead): Promise<never> {
    const body = await textOf(this.#answer(connection, method, head).body);
    throw daemonError(head.status, head.reason, head.headers['content-type'], body, this.#base + target);
  }

  /** What stands before a path in the URLs that messages name. */
  get #base(): string {
    switch (this.endpoint.kind) {
      case 'unix': return `http://${encodeURIComponent(this.endpoint.path)}`;
      case 'ssh': return 'http://docker.example.com';
      case 'tcp': return this.host.slice(0, this.host.length - this.endpoint.prefix.length).replace(/^tcp/, this.#options.tls ? 'https' : 'http');
    }
  }

  #answer(connection: Connection, method: string, head: ResponseHead): Answer {
    const done = (whole: boolean): void => {
      if (!this.#busy.delete(connection)) return;
      connection.release();
      if (whole && connection.reusable) this.#idle.push(connection);
      else connection.close();
    };
    return { head, body: connection.body(method, head, done), close: () => done(false) };
  }
}

interface Asked {
  /** As Go's client names it: `Get`, `Post` … */
  readonly verb: string;
  readonly target: string;
}

function asked(method: string, target: string): Asked {
  return { verb: method.charAt(0) + method.slice(1).toLowerCase(), target };
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
