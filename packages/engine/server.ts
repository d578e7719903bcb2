/**
 * The Engine API's HTTP server: version negotiation, routing, errors as `{"message"}`, connections taken over.
 *
 *   /v1.41/containers/json ──▶ version 1.41, path /containers/json ──▶ route table ──▶ handler
 *                              unknown path or method: 404 "page not found", as dockerd
 *   //info, /a/../info       ──▶ 301 to /info
 */
import { createServer as createHttpServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Server as NetServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { InvalidArgument, NotFound, NotImplemented } from '#base';
import { Admission } from './admission.ts';
import { authorization } from './authorization/authorize.ts';
import { apiEndpoints } from './server-endpoints.ts';
import { statusOf } from './errors.ts';
import type { Engine, Log } from './context.ts';
import type { Header, Method, Route } from './router.ts';
import { HttpApiReply } from './server-reply.ts';
import { isForm, parametersOf, requireEscapes } from './server-query.ts';
import { HttpApiRequest } from './server-request.ts';
import { originForm, plainTarget } from './server-path.ts';
import { matcher } from './server-match.ts';
import { adapter } from './versions/adapt.ts';
import { versionFor } from './versions/unaware-clients.ts';
import { compareVersions, maxApiVersion, minApiVersion, naruVersion } from './version.ts';

export interface ApiServer {
  readonly admission: Admission;
  /** A server for one listener; they all serve the same routes. With `tls` it speaks that. `first` may answer before them: true when it does. */
  open(tls: TlsOptions | undefined, first?: (request: IncomingMessage, response: ServerResponse) => boolean): Server;
  /** No connection is accepted any more; those that are there stay. */
  stopListening(): void;
  /** How many connections there are, streams that took theirs over among them. */
  readonly connections: number;
  /** Closes those on which no request is under way. */
  closeIdle(): void;
  /** Lets the work under way end, for `milliseconds` at most, and cuts what is left: streams at once. */
  drain(milliseconds: number): Promise<void>;
}

/** What a request that came too late is done with: it goes on at the daemon that took over. */
export type Carry = (request: IncomingMessage, response: ServerResponse, early: Buffer) => void;

type Needs = Pick<Engine, 'config' | 'log' | 'plugins' | 'containers' | 'lives' | 'networks'>;

/** Puts the route tables of every room behind one door; the first match answers. `carry` takes requests over once the daemon has retired. */
export function apiServer(engine: Needs, routes: readonly Route[], carry: Carry): ApiServer {
  const match = matcher([...routes, ...notBuilt(routes)]);
  const admission = new Admission();
  const servers = new Set<Server>();
  const authorize = authorization(engine);
  const adapt = adapter(engine);
  const answer = async (request: IncomingMessage, response: ServerResponse, early: Buffer | undefined): Promise<void> => {
    const mayEnter = admission.mayEnter;
    if (!(mayEnter === true || (await mayEnter))) return carry(request, response, early ?? nothing);
    const target = (request.url = originForm(request.url ?? '/')); // for all behind: plugins judge requests by it
    const plain = plainTarget(target);
    if (plain !== undefined) return void response.writeHead(301, { Location: plain, 'Content-Length': 0 }).end();
    const reply = new HttpApiReply(request, response, early);
    try {
      const { version: named, path, query: text } = splitTarget(target);
      const wanted = named ?? maxApiVersion;
      const found = match(request.method as Method, path) ?? match(request.method as Method, unescaped(path));
      // What nobody serves is not the API's to answer: no header of its own is on it.
      if (!found && request.method !== 'OPTIONS') throw new NotFound('page not found');
      reply.headers.push(...commonHeaders(engine.config));
      if (named !== undefined) requireVersion(named);
      requireEscapes(text);
      const version = versionFor(request.headers['user-agent'], wanted);
      if (request.method === 'OPTIONS') return reply.empty(200);
      if (!found || isNewer(found.route, version)) throw new NotFound('page not found');
      using presence = admission.enter(found);
      reply.presence = presence;
      const adaptation = adapt(found.name, version);
      reply.adaptation = adaptation;
      const own = new URLSearchParams(text);
      const query = await (isForm(request, found.route) ? parametersOf(request, own) : own); // what came with the head has been read then
      using given = new HttpApiRequest(request, found.path, adaptation?.query(query) ?? query, version, adaptation, named !== undefined);
      if (engine.config.authorizationPlugins.length === 0) await found.route.handle(given, reply);
      else await authorize(given, reply, found.route);
    } catch (error) {
      fail(engine.log, request, reply, error);
    }
  };
  const connections = new Set<Duplex>();
  const open: ApiServer['open'] = (tls, first) => {
    const server = tls ? createTlsServer({ ...serverOptions, ...tls, allowHalfOpen: true }) : createHttpServer(serverOptions);
    server.maxHeadersCount = 0; // their size is bounded
    server.on('connection', (socket: Duplex) => socket.once('close', () => connections.delete(socket)) && connections.add(socket));
    server.on('request', (request, response) => first?.(request, response) || void answer(request, response, undefined));
    server.on('upgrade', (request, socket, head) => void answer(request, responseOn(request, socket), head));
    servers.add(server);
    return server;
  };
  const drain = async (milliseconds: number): Promise<void> => {
    await admission.idle(milliseconds);
    for (const server of servers) server.closeAllConnections();
  };
  return {
    admission,
    open,
    drain,
    stopListening: () => servers.forEach((server) => NetServer.prototype.close.call(server)), // http's own would cut idle connections
    get connections() {
      return connections.size;
    },
    closeIdle: () => servers.forEach((server) => server.closeIdleConnections()),
  };
}

/** Bytes of a request's line and headers: as many as Go's server takes. Filters, build arguments and credentials travel there. */
const maxHeaderSize = 1 << 20;

const serverOptions = { keepAlive: true, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 60_000, maxHeaderSize, optimizeEmptyRequests: true };

const nothing = Buffer.alloc(0);

/** Answers for what the API has and Naru does not: 501 by name, rather than a silent 404. */
function notBuilt(routes: readonly Route[]): Route[] {
  const built = new Set(routes.map((route) => shapeOf(route.method, route.path)));
  return apiEndpoints
    .filter(([method, path]) => !built.has(shapeOf(method, path)))
    .map(([method, path]) => ({
      method,
      path,
      handle: () => {
        throw new NotImplemented(`not implemented: ${method} ${path}`);
      },
    }));
}

/** Two entries with differently named parameters are one route. */
function shapeOf(method: Method, path: string): string {
  return `${method} ${path.replace(/\{[^}]*\}/g, '{}')}`;
}

function commonHeaders({ experimental }: Pick<Engine['config'], 'experimental'>): Header[] {
  return [['Api-Version', maxApiVersion], ['Docker-Experimental', String(experimental)], ['Ostype', 'linux'], ['Server', `Naru/${naruVersion} (linux)`]];
}

/** Splits `/v1.41/containers/json?all=1`; a path may name no version. */
function splitTarget(target: string): { version: string | undefined; path: string; query: string } {
  const mark = target.indexOf('?');
  const whole = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const prefix = /^\/v([\d.]+)(?=\/)/.exec(whole);
  return { version: prefix?.[1], path: prefix ? whole.slice(prefix[0].length) : whole, query };
}

/** A slash may come escaped, between segments too. What cannot be read stays: nobody serves it. */
function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Whether clients of that version do not have the route yet. */
function isNewer({ since }: Route, version: string): boolean {
  return since !== undefined && compareVersions(version, since) < 0;
}

/** Throws InvalidArgument for a version that is not spoken. */
function requireVersion(version: string): void {
  if (compareVersions(version, maxApiVersion) > 0) {
    throw new InvalidArgument(`client version ${version} is too new. Maximum supported API version is ${maxApiVersion}`);
  }
  if (compareVersions(version, minApiVersion) < 0) {
    throw new InvalidArgument(
      `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
    );
  }
}

/**
 * Node hands an upgrade request over without a response object; errors before the hijack still need one. Where the
 * request has a body, `socket` is not the connection but what follows that body on it: nothing else may be read.
 */
function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.assignSocket(socket as Socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  socket.on('error', () => socket.destroy());
  return response;
}

function fail(log: Log, request: IncomingMessage, reply: HttpApiReply, error: unknown): void {
  const { status, message } = statusOf(error);
  if (status >= 500) log(status === 500 ? 'error' : 'debug', `${request.method} ${request.url}: ${message}`);
  if (reply.hijacked || reply.raw.headersSent) {
    request.socket.destroy();
    return;
  }
  if (status === 304) reply.empty(304);
  else reply.json(status, { message });
}
