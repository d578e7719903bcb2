/** Requests that reached a retired daemon go on at the newest one: as HTTP, or byte by byte where the connection changes hands. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Carry } from '../server.ts';
import { dialNewest } from './dial.ts';
import { takeFromParser } from '../server-reply.ts';

/** Names the client that the old daemon knew by its certificate; believed on the carried socket alone. */
export const userHeader = 'x-naru-user';

const hijacked = /^(?:\/v[\d.]+)?\/(?:containers\/[^/]+\/attach|exec\/[^/]+\/start)(?:\?|$)/;
/** Those that mean one connection each. */
const ofTheHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Carries to the socket at `path`, which may be between two owners for a moment. */
export function carryTo(path: string): Carry {
  return (request, response, early) => {
    const raw = request.headers.upgrade !== undefined || (request.method === 'POST' && hijacked.test(request.url ?? ''));
    const done = raw ? carryConnection(path, request, response, early) : carryRequest(path, request, response);
    done.catch(() => request.socket.destroy());
  };
}

/** The client is asked to connect anew for its next request. */
async function carryRequest(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const socket = await dialNewest(path);
  const headers = { ...request.headers, ...userOf(request), connection: 'close' };
  const outgoing = httpRequest({ createConnection: () => socket, method: request.method, path: request.url, headers });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  outgoing.on('error', reject);
  outgoing.on('response', (incoming) => {
    const kept = Object.entries(incoming.headers).filter(([name]) => !ofTheHop.has(name));
    response.writeHead(incoming.statusCode ?? 502, { ...Object.fromEntries(kept), connection: 'close' });
    response.flushHeaders();
    incoming.on('error', reject);
    incoming.pipe(response).on('close', resolve);
  });
  response.on('close', () => socket.destroy());
  request.pipe(outgoing);
  await promise;
}

async function carryConnection(path: string, request: IncomingMessage, response: ServerResponse, early: Buffer): Promise<void> {
  const body = Buffer.concat(await request.toArray() as Buffer[]);
  const upstream = await dialNewest(path);
  const client = response.socket ?? request.socket;
  response.detachSocket(client);
  if (request.headers.upgrade === undefined) takeFromParser(client);
  const { 'transfer-encoding': _, ...headers } = request.headers;
  const lines = Object.entries({ ...headers, ...userOf(request), 'content-length': String(body.length) }).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
  upstream.write(Buffer.concat([body, early]));
  for (const side of [client, upstream]) side.on('error', () => side.destroy());
  client.once('close', () => upstream.destroy());
  upstream.once('close', () => client.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
}

function userOf({ socket }: IncomingMessage): Record<string, string> {
  const subject = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.subject;
  const name = /^CN=(.*)$/m.exec(subject ?? '')?.[1];
  return name === undefined ? {} : { [userHeader]: name };
}
