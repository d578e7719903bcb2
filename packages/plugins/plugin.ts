/** One plugin: calls are `POST /Service.Method` with JSON both ways. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, Internal, messageOf, Unavailable } from '#base';
import type { Place } from './locate.ts';

const mediaType = 'application/vnd.docker.plugins.v1.2+json';
/** Milliseconds to wait before each further attempt to reach a plugin that does not answer: it may be starting. */
const pauses = [50, 100, 250, 500, 1000];
/** Milliseconds for one answer, unless the caller says otherwise. */
const longestWait = 120_000;
/** Bytes of one answer. */
const longestAnswer = 16 << 20;

export interface CallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal;
  /** One attempt: who only looks around does not wait for a plugin that may be starting. */
  readonly once?: boolean;
  /** Milliseconds for the answer, in place of two minutes. */
  readonly patience?: number;
  /** Milliseconds in which a plugin that cannot be found may still come. */
  readonly awaited?: number;
}

interface Answer {
  readonly status: number;
  readonly succeeded: boolean;
  readonly document: Record<string, unknown>;
  /** Its `Err`; '' without one. */
  readonly error: string;
  readonly text: string;
}

export class Plugin {
  readonly name: string;
  readonly #place: Place;
  #implements: readonly string[] | undefined;

  constructor(name: string, place: Place) {
    this.name = name;
    this.#place = place;
  }

  /** What it said that it implements: `VolumeDriver`, `authz` …; nothing before it was activated. */
  get implements(): readonly string[] {
    return this.#implements ?? [];
  }

  /** Shakes hands, once. Throws Unavailable when it cannot be reached. */
  async activate(options: CallOptions = {}): Promise<void> {
    if (this.#implements) return;
    const { Implements } = await this.call<{ Implements?: string[] | null }>('Plugin.Activate', undefined, options);
    this.#implements = Implements ?? [];
  }

  /**
   * Calls a method. Throws Internal (`Service.Method: …`) for an answer that is no success or carries `Err`, Unavailable
   * when nobody answers.
   */
  async call<T extends object>(method: string, body: object | undefined, options: CallOptions = {}): Promise<T> {
    const answer = await this.#exchange(method, body, options);
    if (!answer.succeeded || answer.error !== '') throw failureOf(method, answer);
    return answer.document as T;
  }

  /**
   * Calls a method of a service that has its own way to tell of failures: those in a successful answer are the caller's
   * to read. undefined where the plugin has no such method (404). Throws as `call` does.
   */
  async ask<T extends object>(method: string, body: object | undefined, options: CallOptions = {}): Promise<T | undefined> {
    const answer = await this.#exchange(method, body, options);
    if (answer.status === 404) return undefined;
    if (!answer.succeeded) throw failureOf(method, answer);
    return answer.document as T;
  }

  async #exchange(method: string, body: object | undefined, options: CallOptions): Promise<Answer> {
    const { status, answer } = await this.#reach(method, body === undefined ? '' : JSON.stringify(body), options);
    const document = parse(answer);
    const error = document['Err'];
    return { status, succeeded: status === 200, document, error: typeof error === 'string' ? error : '', text: answer.trim() };
  }

  async #reach(method: string, body: string, options: CallOptions): Promise<{ status: number; answer: string }> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#send(method, body, options);
      } catch (error) {
        const pause = options.once ? undefined : pauses[attempt];
        const absent = ['ENOENT', 'ECONNREFUSED'].includes(errnoOf(error) ?? '');
        if (!absent || pause === undefined) throw new Unavailable(`Post "${this.#url(method)}": ${messageOf(error)}`, { cause: error });
        await sleep(pause, undefined, { ...(options.signal && { signal: options.signal }) });
      }
    }
  }

  #send(method: string, body: string, { signal, patience = longestWait }: CallOptions): Promise<{ status: number; answer: string }> {
    const place = this.#place;
    const headers = { Accept: mediaType, 'Content-Type': mediaType, 'Content-Length': Buffer.byteLength(body), Host: this.name };
    const base: RequestOptions = { method: 'POST', path: `/${method}`, headers, agent: false, ...(signal && { signal }) };
    const where = place.kind === 'unix' ? { socketPath: place.path } : { host: place.host, port: place.port };
    const tls = place.kind === 'tcp' && place.tls;
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; answer: string }>();
    const outgoing = tls
      ? httpsRequest({ ...base, ...where, ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.verify })
      : httpRequest({ ...base, ...where });
    outgoing.on('response', (incoming) => void wholeOf(incoming).then((answer) => resolve({ status: incoming.statusCode ?? 0, answer }), reject));
    outgoing.on('error', reject);
    outgoing.end(body);
    // Of the whole call: a plugin that sends a byte now and then must not hold its caller for ever.
    const deadline = setTimeout(() => {
      reject(new Error('context deadline exceeded'));
      outgoing.destroy();
    }, patience);
    return promise.finally(() => clearTimeout(deadline));
  }

  #url(method: string): string {
    const place = this.#place;
    return place.kind === 'unix' ? `http://${encodeURIComponent(place.path)}/${method}` : `${place.tls ? 'https' : 'http'}://${place.host}:${place.port}/${method}`;
  }
}

function failureOf(method: string, { status, error, text }: Answer): Internal {
  return new Internal(`${method}: ${error || text || `status ${status}`}`);
}

async function wholeOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestAnswer) throw new Error(`the answer is longer than ${longestAnswer} bytes`); // leaving the loop cuts the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A success may have no body. */
function parse(answer: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(answer);
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
