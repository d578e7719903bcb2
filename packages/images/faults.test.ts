/** A registry that misbehaves, by a proxy in front of a good one. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRegistryServer } from '#registry';
import { parseReference } from '#spec';
import { fakeDaemon } from './images.fake.ts';
import type { Progress } from './port.ts';

const home = await mkdtemp(join(tmpdir(), 'naru-faults-'));
after(() => rm(home, { recursive: true, force: true }));
let number = 0;

type Damage = (request: IncomingMessage, response: ServerResponse, origin: IncomingMessage) => boolean;

/** A registry behind a proxy that passes everything on but what `damage` takes. Requests are remembered. */
async function start() {
  const server = await createRegistryServer({ root: join(home, String(number++)) });
  const [host, port] = (await server.listen(0)).split(':');
  const state: { damage: Damage | undefined; cutUpload: boolean; seen: string[]; server: typeof server } = { damage: undefined, cutUpload: false, seen: [], server };
  const proxy = createServer((request, response) => {
    state.seen.push(`${request.method} ${request.url} ${request.headers.range ?? request.headers['content-range'] ?? ''}`.trim());
    const onward = send({ host, port, method: request.method, path: request.url, headers: request.headers }, (origin) => {
      if (state.damage?.(request, response, origin)) return;
      response.writeHead(origin.statusCode ?? 500, origin.headers);
      origin.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
    if (request.method === 'PATCH' && state.cutUpload) {
      state.cutUpload = false;
      let seen = 0;
      request.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen < 500_000) return;
        request.unpipe(onward);
        setTimeout(() => onward.destroy(), 200);
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address() as { port: number };
  const stop = async (): Promise<void> => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await server.close();
  };
  return Object.assign(state, { address: `127.0.0.1:${address.port}`, [Symbol.asyncDispose]: stop });
}

/** Sends the first `bytes` of a body and cuts the line. */
function cutAfter(bytes: number, response: ServerResponse, origin: IncomingMessage): void {
  response.writeHead(origin.statusCode ?? 500, origin.headers);
  let sent = 0;
  origin.on('data', (chunk: Buffer) => {
    if (sent >= bytes) return;
    response.write(chunk.subarray(0, bytes - sent), () => sent >= bytes && response.destroy());
    sent += chunk.length;
  });
}

const isLayer = (request: IncomingMessage): boolean => request.method === 'GET' && /\/blobs\/sha256:/.test(request.url ?? '');

async function pushed(registry: { address: string }, content: string = Array.from({ length: 60_000 }, (_, at) => `${at * 7919}`).join(' ')) {
  await using daemon = fakeDaemon();
  const ref = parseReference(`${registry.address}/app:1`);
  const id = await daemon.build([{ small: 'below' }, { big: content }]);
  daemon.images.tag(ref, id);
  await daemon.images.push(ref, {}, () => {});
  return { ref, id };
}

const nothingLeft = async (daemon: ReturnType<typeof fakeDaemon>): Promise<void> => {
  assert.deepEqual(daemon.images.list(), []);
  assert.deepEqual(daemon.snapshots.list(), []);
};

test('a hang-up half-way is asked again, for the rest only', async () => {
  await using registry = await start();
  const { ref, id } = await pushed(registry);
  await using daemon = fakeDaemon();
  let cuts = 0;
  registry.damage = (request, response, origin) => {
    if (!isLayer(request) || Number(origin.headers['content-length']) < 10_000 || cuts++ > 0) return false;
    cutAfter(50_000, response, origin);
    return true;
  };
  const reports: Progress[] = [];
  const image = await daemon.images.pull(ref, {}, (each) => reports.push(each));
  assert.equal(image.id, id);
  assert.ok(registry.seen.some((line) => line.endsWith('bytes=50000-')), registry.seen.join('\n'));
  assert.ok(daemon.lines(reports).some((line) => line.endsWith('Retrying in 1 second')));
});

test('a registry without ranges is asked from the start', async () => {
  await using registry = await start();
  const { ref, id } = await pushed(registry);
  await using daemon = fakeDaemon();
  let cuts = 0;
  registry.damage = (request, response, origin) => {
    if (!isLayer(request) || Number(origin.headers['content-length']) < 10_000) return false;
    if (cuts++ === 0) cutAfter(50_000, response, origin);
    else {
      origin.resume();
      send({ host: '127.0.0.1', port: registry.server.server.address() === null ? 0 : (registry.server.server.address() as { port: number }).port, path: request.url }, (whole) => {
        response.writeHead(200, whole.headers);
        whole.pipe(response);
      }).end();
    }
    return true;
  };
  assert.equal((await daemon.images.pull(ref, {}, () => {})).id, id);
});

test('a wrong layer is refused in the words of Docker and leaves nothing', async () => {
  await using registry = await start();
  const { ref, id } = await pushed(registry);
  await using daemon = fakeDaemon();
  registry.damage = (request, response, origin) => {
    if (!isLayer(request) || Number(origin.headers['content-length']) < 10_000) return false;
    response.writeHead(origin.statusCode ?? 500, origin.headers);
    origin.on('data', (chunk: Buffer) => response.write(chunk.map((byte) => byte ^ 1)));
    origin.on('end', () => response.end());
    return true;
  };
  await assert.rejects(daemon.images.pull(ref, {}, () => {}), (error: Error) => /^(filesystem layer verification failed for digest sha256:[0-9a-f]{64})$/.test(error.message));
  await nothingLeft(daemon);
  registry.damage = undefined;
  assert.equal((await daemon.images.pull(ref, {}, () => {})).id, id);
});

test('a config or manifest that is not what its digest says is refused', async () => {
  await using registry = await start();
  const { ref } = await pushed(registry);
  for (const path of [/\/manifests\/sha256:/, /\/blobs\/sha256:/]) {
    await using daemon = fakeDaemon();
    registry.damage = (request, response, origin) => {
      if (request.method !== 'GET' || !path.test(request.url ?? '') || Number(origin.headers['content-length']) > 10_000) return false;
      origin.resume();
      response.writeHead(200, { 'Content-Type': origin.headers['content-type'] }).end('{}');
      return true;
    };
    await assert.rejects(daemon.images.pull(ref, {}, () => {}), { kind: 'DataLoss' });
    await nothingLeft(daemon);
  }
});

test('a registry in trouble is told as it is, an aborted pull stops', async () => {
  await using registry = await start();
  const { ref } = await pushed(registry);
  await using daemon = fakeDaemon();
  registry.damage = (_request, response, origin) => {
    origin.resume();
    response.writeHead(500).end('oops');
    return true;
  };
  await assert.rejects(daemon.images.pull(ref, {}, () => {}), { message: 'received unexpected HTTP status: 500 Internal Server Error' });
  const stop = new AbortController();
  registry.damage = (request, response, origin) => {
    if (!isLayer(request) || Number(origin.headers['content-length']) < 10_000) return false;
    response.writeHead(200, origin.headers).write('x');
    setTimeout(() => stop.abort(), 20);
    return true;
  };
  await assert.rejects(daemon.images.pull(ref, { signal: stop.signal }, () => {}), { kind: 'Cancelled', message: 'context canceled' });
  await nothingLeft(daemon);
});

test('a push that was cut off sends the rest only', async () => {
  await using registry = await start();
  await using daemon = fakeDaemon();
  const ref = parseReference(`${registry.address}/push:1`);
  const { randomBytes } = await import('node:crypto');
  daemon.images.tag(ref, await daemon.build([{ big: randomBytes(2_000_000).toString('hex') }]));
  registry.cutUpload = true;
  const descriptor = await daemon.images.push(ref, {}, () => {});
  assert.ok(registry.seen.some((line) => /^PATCH .* [1-9]\d*-\d+$/.test(line)), registry.seen.join('\n'));
  assert.equal((await daemon.images.push(ref, {}, () => {})).digest, descriptor.digest);
});

test('credentials do not follow a redirect to another host', async () => {
  await using registry = await start();
  const { ref } = await pushed(registry);
  await using daemon = fakeDaemon();
  const stolen: (string | undefined)[] = [];
  const storage = createServer((request, response) => {
    stolen.push(request.headers.authorization);
    send({ host: '127.0.0.1', port: (registry.server.server.address() as { port: number }).port, path: request.url }, (origin) => {
      response.writeHead(200, origin.headers);
      origin.pipe(response);
    }).end();
  });
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  using _stop = { [Symbol.dispose]: () => (storage.closeAllConnections(), storage.close()) };
  const there = (storage.address() as { port: number }).port;
  registry.damage = (request, response, origin) => {
    const challenge = request.url === '/v2/' && !request.headers.authorization;
    if (!challenge && !isLayer(request)) return false;
    origin.resume();
    if (challenge) response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
    else response.writeHead(307, { Location: `http://localhost:${there}${request.url}` }).end();
    return true;
  };
  await daemon.images.pull(ref, { auth: { username: 'u', password: 'p' } }, () => {});
  assert.deepEqual(stolen, [undefined, undefined, undefined]);
});

test('a mirror that fails half-way is passed over', async () => {
  await using broken = await start();
  await using good = await start();
  const { id } = await pushed(good);
  const text = Array.from({ length: 60_000 }, (_, at) => `${at * 7919}`).join(' ');
  for (const registry of [broken, good]) {
    await using daemon = fakeDaemon();
    const ref = parseReference(`${registry.address}/library/app:1`);
    daemon.images.tag(ref, await daemon.build([{ small: 'below' }, { big: text }]));
    await daemon.images.push(ref, {}, () => {});
  }
  broken.damage = (request, response, origin) => {
    if (!isLayer(request) || Number(origin.headers['content-length']) < 10_000) return false;
    origin.resume();
    response.writeHead(404).end('{"errors":[{"code":"BLOB_UNKNOWN","message":"gone"}]}');
    return true;
  };
  await using daemon = fakeDaemon({ mirrors: [`http://${broken.address}`, `http://${good.address}`] });
  assert.equal((await daemon.images.pull(parseReference('app:1'), {}, () => {})).id, id);
});
