/**
 * The Engine API as a table: one entry a route. The server matches, the docs and the "not implemented" answers are
 * made from the same entries. Paths are those of the API description, without the `/v1.xx` prefix.
 *
 * Example:
 *   export const volumeRoutes = (engine: Pick<Engine, 'volumes'>): Route[] => [
 *     { method: 'GET', path: '/volumes/{name}', handle: async (request, reply) => reply.json(200, …) },
 *   ];
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ObjectShape, Shape } from '#spec';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** `/containers/{id}/json`; `{name:.*}` takes slashes too (image names). */
  readonly path: string;
  /** `{id}` takes slashes too: a link's name has one. */
  readonly slashes?: boolean;
  /** The body is bytes, whatever its Content-Type says: never a form's parameters. */
  readonly bytes?: boolean;
  /** First API version that has it, for refusing older clients; undefined: all. */
  readonly since?: string;
  readonly handle: (request: ApiRequest, reply: ApiReply) => Promise<void> | void;
}

export interface ApiRequest {
  readonly method: Method;
  /** Decoded path parameters. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Negotiated API version, e.g. "1.50"; `atLeast('1.44')` compares. */
  readonly version: string;
  /** False for a path without a version: it is answered in the newest, to somebody who may know none but an old one. */
  readonly namesVersion: boolean;
  atLeast(version: string): boolean;
  /** Docker's reading of a boolean query parameter: absent, "", 0, no, false, none are false. */
  flag(name: string): boolean;
  /** An integer query parameter; throws as dockerd does for a bad one. */
  integer(name: string, otherwise: number): number;
  /** The `filters` parameter, JSON in both forms that clients send; throws InvalidArgument ("invalid filter 'x'"). */
  filters(accepted: readonly string[]): ReadonlyMap<string, readonly string[]>;
  /** Parses a JSON body of that shape; an empty one is `{}` unless it is required. Throws as dockerd does for a missing, malformed or over-large one. */
  json<T>(shape: ObjectShape<T>, presence?: 'optional' | 'required'): Promise<T>;
  /** A JSON body that is a list of such; an empty one is empty. Throws InvalidArgument. */
  list<T>(entry: Shape): Promise<T[]>;
  /** The body whole, which others may read yet by `peek` and `json`; undefined when it has more than `limit` bytes. Throws for one that is over-large. */
  peek(limit: number): Promise<Buffer | undefined>;
  /** The raw body. */
  readonly body: IncomingMessage;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

export type Header = [name: string, value: string];

export interface ApiReply {
  json(status: number, value: unknown): void;
  empty(status: number): void;
  /** Starts a chunked response; headers are flushed at once. */
  stream(status: number, contentType: string): ServerResponse;
  /** The answer has begun for good, and may go on beside a daemon that takes over. `stream`, and `hijack` unless told, say so themselves. */
  begin(): void;
  /** Takes the connection over: 101 UPGRADED when the client asked `Upgrade`, otherwise 200 with the raw stream. */
  hijack(contentType: string, options?: { readonly commonHeaders?: boolean; readonly begins?: boolean }): Promise<Duplex>;
  /** The connection is no longer HTTP. */
  readonly hijacked: boolean;
  /** Takes the connection over as a websocket whose binary messages the stream carries; throws InvalidArgument for what is no handshake. */
  websocket(): Promise<Duplex>;
  /** Adds a header to those that are there, once each. */
  header(name: string, value: string): void;
  /** Writes the status and all headers: those that are there, and `more`, which replace those of their names. */
  head(status: number, ...more: Header[]): ServerResponse;
  readonly raw: ServerResponse;
}
