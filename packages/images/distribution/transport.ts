import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Cancelled } from '#base';
import { TransportError } from './failures.ts';

/** A connection that says nothing for this long is given up. */
const silenceMilliseconds = 60_000;
const redirectLimit = 10;

/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the daemon, which its configuration may have written; loopback never goes through a proxy, as in Go. */
function proxyEnvironment(): NodeJS.ProcessEnv {
  const without = [process.env['NO_PROXY'] || process.env['no_proxy'], 'localhost', '127.0.0.1', '::1'].filter(Boolean).join(',');
  return { ...process.env, NO_PROXY: without, no_proxy: without };
}

/** What TLS to one registry needs beyond the system's authorities. PEM. */
export interface TlsIdentity {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** False accepts any certificate (`--insecure-registry`). */
  readonly verify: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** The address in errors, where that is not the URL. */
  readonly named?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, or a stream made anew for each attempt. */
  readonly body?: Uint8Array | (() => Readable | Promise<Readable>);
  /** Length of a streamed body; chunked without. */
  readonly bodyLength?: number;
  readonly signal?: AbortSignal;
  /** Milliseconds of silence after which the connection is given up; 60,000 unless told. */
  readonly silence?: number;
}

/** Sends requests, as a `Transport` or on somebody's behalf. */
export interface Sender {
  send(request: HttpRequest): Promise<IncomingMessage>;
}

/**
 * HTTP/1.1 with connections kept alive, to one registry and wherever it redirects. node:http, not fetch: on large
 * bodies it is faster, and it takes certificates per host.
 */
export class Transport implements Sender, Disposable {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #userAgent: string;

  constructor(tls: TlsIdentity, userAgent: string) {
    const { ca, cert, key, verify } = tls;
    const proxyEnv = proxyEnvironment();
    this.#http = new HttpAgent({ keepAlive: true, maxSockets: 16, proxyEnv });
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets: 16, proxyEnv, rejectUnauthorized: verify, ...(ca ? { ca: [...ca] } : {}), ...(cert && key ? { cert, key } : {}) });
    this.#userAgent = userAgent;
  }

  /**
   * Sends and follows redirects (of requests without a body). Credentials never travel to another origin. The caller
   * reads or destroys the reply's body. Throws TransportError when no answer comes, Cancelled when aborted.
   */
  async send(request: HttpRequest): Promise<IncomingMessage> {
    let url = request.url;
    for (let hop = 0; ; hop++) {
      const reply = await this.#once(request, url, hop > 0 && url.origin !== request.url.origin);
      const location = reply.headers.location;
      const redirected = [301, 302, 303, 307, 308].includes(reply.statusCode ?? 0) && location !== undefined && request.body === undefined;
      if (!redirected) return reply;
      reply.resume();
      if (hop === redirectLimit) throw new TransportError(request, `stopped after ${redirectLimit} redirects`);
      url = redirectTarget(request, url, location);
    }
  }

  /** The same connections, with the User-Agent naming the client too, as dockerd's does: `… UpstreamClient(Docker-Client/28.2.2 \\(linux\\))`. */
  onBehalfOf(client: string): Sender {
    const userAgent = `${this.#userAgent} UpstreamClient(${client.replace(/[();\\]/g, '\\$&')})`;
    return { send: (request) => this.send({ ...request, headers: { 'User-Agent': userAgent, ...request.headers } }) };
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #once(request: HttpRequest, url: URL, foreign: boolean): Promise<IncomingMessage> {
    const headers: Record<string, string> = { 'User-Agent': this.#userAgent, ...request.headers };
    if (foreign) delete headers.Authorization;
    const { body, bodyLength } = request;
    const length = typeof body === 'function' ? bodyLength : (body?.length ?? (request.method === 'GET' || request.method === 'HEAD' ? undefined : 0));
    if (length !== undefined) headers['Content-Length'] = String(length);
    const source = typeof body === 'function' ? await body() : body;
    return this.#exchange(request, url, headers, source);
  }

  #exchange(request: HttpRequest, url: URL, headers: Record<string, string>, body: Uint8Array | Readable | undefined): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const secure = url.protocol === 'https:';
    const options = { method: request.method, headers, agent: secure ? this.#https : this.#http, signal: request.signal, timeout: request.silence ?? silenceMilliseconds };
    const outgoing = secure ? httpsRequest(url, options) : httpRequest(url, options);
    outgoing.on('response', (reply) => {
      reply.on('error', () => outgoing.destroy());
      resolve(reply);
    });
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })));
    outgoing.on('error', (cause) => {
      reject(request.signal?.aborted ? new Cancelled('context canceled', { cause }) : new TransportError(request, cause, url));
    });
    if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
    // Where sending fails, `error` above tells; a reply that came before the body's end is still good.
    else pipeline(body, outgoing).catch(() => outgoing.destroy());
    return promise;
  }
}

function redirectTarget(request: HttpRequest, from: URL, location: string): URL {
  const target = URL.parse(location, from);
  if (!target || !['http:', 'https:'].includes(target.protocol)) throw new TransportError(request, `unsupported redirect to ${JSON.stringify(location)}`);
  return target;
}
