/** An HTTP request as handlers see it: parameters read the way dockerd reads them. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { InvalidArgument, jsonComplaint } from '#base';
import { decode, decodeAs, NumberLiteral, type ObjectShape, type Shape } from '#spec';
import type { ApiRequest, Method } from './router.ts';
import { parseFilters } from './filters.ts';
import { parseInteger } from './integer.ts';
import { requireJsonType } from './media-type.ts';
import { compareVersions } from './version.ts';
import type { Adaptation } from './versions/adapt.ts';

/** Bytes of a JSON body that are read at most. */
const bodyLimit = 16 << 20;
const falseWords = new Set(['', '0', 'no', 'false', 'none']);

export class HttpApiRequest implements ApiRequest, Disposable {
  readonly method: Method;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly version: string;
  readonly namesVersion: boolean;
  readonly body: IncomingMessage;
  readonly #adaptation: Adaptation | undefined;
  /** A request whose body is given up forgets its own. */
  readonly #socket: Socket;
  #gone: AbortController | undefined;
  readonly #onClose = (): void => this.#gone?.abort();
  #read: Promise<Buffer> | undefined;

  constructor(body: IncomingMessage, path: Readonly<Record<string, string>>, query: URLSearchParams, version: string, adaptation?: Adaptation, namesVersion = true) {
    this.#adaptation = adaptation;
    this.body = body;
    this.#socket = body.socket;
    this.method = body.method as Method;
    this.path = path;
    this.query = query;
    this.version = version;
    this.namesVersion = namesVersion;
  }

  get headers(): IncomingMessage['headers'] {
    return this.body.headers;
  }

  get signal(): AbortSignal {
    if (!this.#gone) {
      this.#gone = new AbortController();
      if (this.#socket.destroyed) this.#gone.abort();
      else this.#socket.once('close', this.#onClose);
    }
    return this.#gone.signal;
  }

  /** The connection may go on to the next request: nothing of this one stays at it. */
  [Symbol.dispose](): void {
    if (this.#gone) this.#socket.off('close', this.#onClose);
  }

  atLeast(version: string): boolean {
    return compareVersions(this.version, version) >= 0;
  }

  flag(name: string): boolean {
    return !falseWords.has((this.query.get(name) ?? '').trim().toLowerCase());
  }

  integer(name: string, otherwise: number): number {
    const text = this.query.get(name);
    if (text === null || text === '') return otherwise;
    return parseInteger(text);
  }

  filters(accepted: readonly string[]): ReadonlyMap<string, readonly string[]> {
    return parseFilters(this.query.get('filters') ?? '', accepted);
  }

  /** The bytes of a JSON body, for one who looks before the handler reads it; undefined when there are more than `limit`. */
  async peek(limit: number): Promise<Buffer | undefined> {
    const bytes = await this.#bytes();
    return bytes.length > limit ? undefined : bytes;
  }

  async json<T>(shape: ObjectShape<T>, presence: 'optional' | 'required' = 'optional'): Promise<T> {
    const body = await this.#parsed();
    if (body === undefined && presence === 'required') throw new InvalidArgument('invalid JSON: got EOF while reading request body');
    return decode(shape, this.#adaptation ? this.#adaptation.body(body ?? {}) : (body ?? {}));
  }

  async list<T>(entry: Shape): Promise<T[]> {
    return decodeAs<T[] | null>({ list: entry }, (await this.#parsed()) ?? null, 'body') ?? [];
  }

  /** Undefined for an empty body. */
  async #parsed(): Promise<unknown> {
    const text = (await this.#bytes()).toString('utf8');
    const empty = text.trim() === '';
    if (!empty || this.headers['content-type']) requireJsonType(this.headers['content-type'] ?? '');
    return empty ? undefined : parseJson(text);
  }

  /** The body, whole; read once. */
  #bytes(): Promise<Buffer> {
    return (this.#read ??= readWhole(this.body, bodyLimit, `invalid JSON: request body is larger than ${bodyLimit} bytes`));
  }
}

/** What a client may go on sending of a body that is refused, in bodies of the limit's size: many read no answer before all is sent. */
const patience = 16;

/** A body's bytes; InvalidArgument with that complaint when there are more than `limit`. What a client still sends of it then is read and dropped, within bounds. */
export function readWhole(body: IncomingMessage, limit: number, complaint: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let whole = false;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= limit) return void chunks.push(chunk);
    chunks.length = 0;
    reject(new InvalidArgument(complaint));
    if (size > limit * patience) body.socket.destroy();
  };
  const end = (): void => {
    whole = true;
    resolve(Buffer.concat(chunks));
  };
  const isCut = (): void => {
    if (!whole) reject(new InvalidArgument('http: the request was cut off')); // a whole one closes too
  };
  if (body.readableEnded) resolve(Buffer.alloc(0));
  else if (body.destroyed) isCut(); // before anybody listened
  body.on('data', onData).once('end', end).once('error', isCut).once('close', isCut);
  return promise;
}

/** Perhaps a number that JavaScript would not keep as it was written. */
const oddNumber = /\d(?:[.eE]|\d{15})/;

function parseJson(text: string): unknown {
  try {
    return oddNumber.test(text) ? JSON.parse(text, withLiteral as (key: string, value: unknown) => unknown) : JSON.parse(text);
  } catch {
    const complaint = jsonComplaint(text);
    if (complaint.kind === 'trailing') return beforeMore(text, complaint.end);
    throw new InvalidArgument(`invalid JSON: ${complaint.kind === 'syntax' ? complaint.message : 'unexpected EOF'}`);
  }
}

function withLiteral(_: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && !/^-?\d{1,15}$/.test(source) ? new NumberLiteral(source) : value;
}

/** One document is a body; closing brackets behind it are no second one to the decoder that clients know. */
function beforeMore(text: string, end: number): unknown {
  if (!/^[\]}]/.test(text.slice(end).trimStart())) throw new InvalidArgument('unexpected content after JSON');
  return parseJson(text.slice(0, end));
}
