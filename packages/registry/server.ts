import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { Database, messageOf } from '#base';
import { openContentStore } from '#content';
import type { ContentStore } from '#content';
import { anyone } from './auth/anyone.ts';
import { collectGarbage } from './collect.ts';
import { RegistryError, sendError } from './errors.ts';
import type { Authority, Registry } from './port.ts';
import { SqliteRepositories } from './repositories.ts';
import { matchEndpoint } from './routes.ts';
import { UploadSessions } from './uploads/sessions.ts';

export interface RegistryOptions {
  /** Directory that holds everything; made when missing. One server owns it at a time. */
  readonly root: string;
  /** Who may do what; everybody everything unless told. */
  readonly authority?: Authority;
  /** Serves https with this certificate and key, in PEM form. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  readonly readOnly?: boolean;
  /** Called with what went wrong on our side (never with a client's mistakes). */
  readonly log?: (message: string) => void;
  /** Sees every request first and returns true when it answered itself (a token service on the same address). */
  readonly front?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

export interface RegistryServer extends AsyncDisposable {
  readonly server: Server;
  readonly content: ContentStore;
  /** Starts listening (port 0: any free one) and returns `host:port`. */
  listen(port: number, host?: string): Promise<string>;
  /** Deletes blobs that no manifest needs. */
  collect(graceMilliseconds?: number): Promise<number>;
  close(): Promise<void>;
}

/** A registry over a directory. Nothing is open to clients before `listen`. */
export async function createRegistryServer(options: RegistryOptions): Promise<RegistryServer> {
  const content = openContentStore(join(options.root, 'content'));
  await content.recover();
  const db = new Database(join(options.root, 'registry.db'));
  const index = new SqliteRepositories(db);
  const uploads = new UploadSessions(content, index);
  const authority = options.authority ?? anyone;
  const registry: Registry = { content, index, uploads, permits: async (request, access) => (await authority.authorize(request, [access])) === 'granted' };
  const server = newServer(options, (request, response) => void serve(options, authority, registry, request, response));
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    if (server.listening) await closed;
    await uploads[Symbol.asyncDispose]();
    db[Symbol.dispose]();
  };
  return {
    server,
    content,
    listen: (port, host = '127.0.0.1') => listen(server, port, host),
    collect: (grace = 3600_000) => collectGarbage(registry, grace),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function newServer(options: RegistryOptions, listener: RequestListener): Server {
  const server = options.tls ? createHttpsServer({ ...options.tls }, listener) : createHttpServer({ highWaterMark: 1 << 18 }, listener);
  // A large layer over a slow line takes as long as it takes; a silent connection does not.
  server.requestTimeout = 0;
  server.timeout = 300_000;
  return server;
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP');
      resolve(address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`);
    });
  });
}

async function serve(options: RegistryOptions, authority: Authority, registry: Registry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    if (await options.front?.(request, response)) return;
    await dispatch(options, authority, registry, request, response);
  } catch (error) {
    if (error instanceof RegistryError) refuse(request, response, error);
    else if (request.destroyed || response.destroyed) response.destroy();
    else {
      options.log?.(`${request.method} ${request.url}: ${messageOf(error)}`);
      refuse(request, response, new RegistryError('UNKNOWN'));
    }
  }
}

async function dispatch(options: RegistryOptions, authority: Authority, registry: Registry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://registry');
  const match = matchEndpoint(request.method ?? 'GET', url.pathname);
  if (!match) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    return;
  }
  const verdict = await authority.authorize(request, match.accesses);
  if (verdict !== 'granted' && verdict.challenge === undefined) throw new RegistryError('DENIED', match.accesses);
  if (verdict !== 'granted') throw new RegistryError('UNAUTHORIZED', match.accesses, { headers: { 'WWW-Authenticate': verdict.challenge ?? '' } });
  if (options.readOnly && match.endpoint.action !== 'pull' && match.endpoint.action !== '*') throw new RegistryError('UNSUPPORTED', 'this registry is read-only');
  await match.endpoint.handle({ request, response, url, name: match.name, target: match.target, registry });
}

/**
 * Answers although the body may still be on its way: the rest of a small one is read and dropped, so that the
 * connection lives on; a large one's sender gets a moment to read the answer before the connection ends.
 */
function refuse(request: IncomingMessage, response: ServerResponse, error: RegistryError): void {
  const small = Number(request.headers['content-length'] ?? Infinity) <= 1 << 20;
  const unread = !request.complete;
  if (unread && !small) {
    response.setHeader('Connection', 'close');
    setTimeout(() => request.destroy(), 1000).unref();
  }
  if (unread) request.resume();
  sendError(response, error);
}
