import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { NotFound } from '#base';
import type { Route } from './router.ts';
import { apiServer, type ApiServer } from './server.ts';
import { compareVersions, maxApiVersion, naruVersion } from './version.ts';

test('versions compare by their numbers; a part that is missing is 0', () => {
  assert.ok(compareVersions('1.9', '1.24') < 0);
  assert.ok(compareVersions('1.100', '1.55') > 0);
  assert.ok(compareVersions('2.0', '1.55') > 0);
  assert.ok(compareVersions('1', '1.24') < 0);
  assert.equal(compareVersions('1.45.6', '01.045'), 0);
  assert.equal(compareVersions('.', '0'), 0);
});

interface Serving extends Disposable {
  readonly api: ApiServer;
  readonly listening: Promise<unknown>;
  /** The first connection. */
  readonly accepted: Promise<Socket>;
}

/** A server of `routes` alone at `path`. */
function serve(path: string, routes: readonly Route[]): Serving {
  const config = { experimental: false, authorizationPlugins: [] };
  const api = apiServer({ config, log: () => undefined } as unknown as Parameters<typeof apiServer>[0], routes, () => assert.fail('nobody took over'));
  const server = api.open(undefined);
  const accepted = once(server, 'connection').then(([connection]) => connection as Socket);
  return { api, listening: once(server.listen(path), 'listening'), accepted, [Symbol.dispose]: () => server.close() };
}

function get(socketPath: string, path: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest({ socketPath, path, agent }, (response) => response.resume().once('end', () => resolve(response.statusCode)))
      .once('error', reject)
      .end();
  });
}

test('requests that look out for their client leave nothing at a connection that goes on', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-server-'));
  const path = join(directory.path, 'sock');
  const seen: number[] = [];
  const handle: Route['handle'] = (request, reply) => {
    assert.equal(request.signal.aborted, false);
    seen.push(request.body.socket.listenerCount('close'));
    reply.empty(204);
  };
  using server = serve(path, [{ method: 'GET', path: '/look', handle }]);
  await server.listening;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let round = 0; round < 20; round++) assert.equal(await get(path, '/look', agent), 204);
  agent.destroy();
  assert.equal(new Set(seen).size, 1, seen.join(' '));
});

test('a connection taken over without Upgrade is counted until it closes', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-server-'));
  const path = join(directory.path, 'sock');
  const handle: Route['handle'] = async (_, reply) => void (await reply.hijack('application/x-raw')).end('said');
  using server = serve(path, [{ method: 'POST', path: '/talk', handle }]);
  await server.listening;
  const closed = new Promise((resolve) => server.accepted.then((connection) => connection.once('close', resolve), resolve));
  const client = connect(path);
  client.write('POST /talk HTTP/1.1\r\nHost: naru\r\nContent-Length: 0\r\n\r\n');
  await server.accepted;
  assert.equal(server.api.connections, 1);
  const said = Buffer.concat((await client.toArray()) as Buffer[]).toString();
  assert.match(said, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nsaid$/);
  await closed;
  assert.equal(server.api.connections, 0);
});

test('headers are written as dockerd writes them: the common ones, the answer\'s own, its body\'s', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-server-'));
  const path = join(directory.path, 'sock');
  const common = [`Api-Version: ${maxApiVersion}`, 'Docker-Experimental: false', 'Ostype: linux', `Server: Naru/${naruVersion} (linux)`];
  const routes: Route[] = [
    { method: 'GET', path: '/json', handle: (_, reply) => (reply.header('X-Own', 'a'), reply.json(201, 1)) },
    { method: 'GET', path: '/late', handle: (_, reply) => { reply.header('Content-Length', '0'); throw new NotFound('no'); } },
    { method: 'GET', path: '/stream', handle: (_, reply) => void reply.stream(200, 'text/plain').end() },
    { method: 'GET', path: '/talk', handle: async (_, reply) => void (await reply.hijack('text/plain', { commonHeaders: true })).end() },
  ];
  using server = serve(path, routes);
  await server.listening;
  assert.deepEqual(await headOf(path, '/json'), ['HTTP/1.1 201 Created', ...common, 'X-Own: a', 'Content-Type: application/json', 'Content-Length: 2', 'Connection: close']);
  assert.deepEqual(await headOf(path, '/stream'), ['HTTP/1.1 200 OK', ...common, 'Content-Type: text/plain', 'Connection: close', 'Transfer-Encoding: chunked']);
  assert.deepEqual(await headOf(path, '/talk'), ['HTTP/1.1 200 OK', 'Content-Type: text/plain', ...common.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()))]);
  assert.deepEqual(await headOf(path, '/late'), ['HTTP/1.1 404 Not Found', ...common, 'Content-Type: application/json', 'Content-Length: 17', 'Connection: close'], 'each once');
  assert.deepEqual(await headOf(path, '/nobody'), ['HTTP/1.1 404 Not Found', 'Content-Type: application/json', 'Content-Length: 29', 'Connection: close']);
});

/** The lines of an answer's head, but its date. */
async function headOf(socketPath: string, path: string): Promise<string[]> {
  const client = connect(socketPath);
  client.write(`GET ${path} HTTP/1.1\r\nHost: naru\r\nConnection: close\r\n\r\n`);
  const [head = ''] = Buffer.concat((await client.toArray()) as Buffer[]).toString().split('\r\n\r\n');
  return head.split('\r\n').filter((line) => !line.startsWith('Date: '));
}

test('a roundabout path is answered with the plain one', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-server-'));
  const path = join(directory.path, 'sock');
  using server = serve(path, [{ method: 'GET', path: '/look', handle: (_, reply) => reply.empty(204) }]);
  await server.listening;
  const agent = new Agent();
  assert.equal(await get(path, '/look', agent), 204);
  assert.equal(await get(path, '//look?x=1', agent), 301);
});

test('a client that closes behind its request gets its answer while it is still sending, and may go on', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-server-'));
  const path = join(directory.path, 'sock');
  const handle: Route['handle'] = () => {
    throw new NotFound('No such thing');
  };
  using server = serve(path, [{ method: 'POST', path: '/look', handle }]);
  await server.listening;
  const client = connect(path);
  client.write('POST /look HTTP/1.1\r\nHost: naru\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n');
  const said: Buffer[] = [];
  const answered = once(client, 'data');
  client.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = once(client, 'end');
  await answered;
  for (const more of ['3\r\nabc\r\n', '0\r\n\r\n']) await new Promise<void>((resolve, reject) => client.write(more, (error) => (error ? reject(error) : resolve())));
  await ended;
  assert.match(Buffer.concat(said).toString(), /^HTTP\/1\.1 404 [^]*\r\n\r\n\{"message":"No such thing"\}\n$/);
});

test('who judges a request sees its path, also where the target names a host', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-server-'));
  const path = join(directory.path, 'sock');
  const seen: unknown[] = [];
  using server = serve(path, [{ method: 'GET', path: '/look', handle: (request, reply) => (seen.push(request.body.url), reply.empty(204)) }]);
  await server.listening;
  assert.equal(await get(path, 'http://host/look?x=1', new Agent()), 204);
  assert.deepEqual(seen, ['/look?x=1']);
});

test('parameters may come in a form, before those of the address; bytes that call themselves one stay bytes', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-server-'));
  const path = join(directory.path, 'sock');
  const handle: Route['handle'] = async (request, reply) => {
    const bytes = await request.body.toArray();
    reply.json(200, { all: request.query.getAll('x'), left: Buffer.concat(bytes as Buffer[]).toString() });
  };
  using server = serve(path, [{ method: 'POST', path: '/told', handle }, { method: 'POST', path: '/given', bytes: true, handle }]);
  await server.listening;
  const post = async (target: string, body: string, type = 'application/x-www-form-urlencoded; charset=utf-8') => {
    const sent = httpRequest({ socketPath: path, path: target, method: 'POST', headers: { 'Content-Type': type } });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return JSON.parse(Buffer.concat(await response.toArray()).toString()) as unknown;
  };
  assert.deepEqual(await post('/told?x=2', 'x=1&x=a%20b'), { all: ['1', 'a b', '2'], left: '' });
  assert.deepEqual(await post('/told?x=2', 'x=1', 'text/plain'), { all: ['2'], left: 'x=1' });
  assert.deepEqual(await post('/given?x=2', 'x=1'), { all: ['2'], left: 'x=1' });
  assert.deepEqual(await post('/told', 'x=%zz'), { message: 'invalid URL escape "%zz"' });
  assert.deepEqual(await post('/told', 'x'.repeat((10 << 20) + 1)), { message: 'http: POST too large' });
});
