import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { ServerResponse, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../context.ts';
import { exampleRecord } from '../fakes.ts';
import { InheritedWaits } from '../handover/belongings.ts';
import { apiServer } from '../server.ts';
import { Lives, settleLife } from './lives.ts';
import { containerRoutes } from './routes.ts';

test('who waited and left is forgotten while the container runs; who stayed is told', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'naru-wait-'));
  const record = exampleRecord();
  const lives = new Lives();
  const engine = {
    config: { experimental: false, authorizationPlugins: [] },
    log: () => undefined,
    lives,
    containers: { get: () => record, find: () => record },
    supervisor: { state: () => ({ status: 'running' }) },
  } as unknown as Engine;
  const api = apiServer(engine, containerRoutes(engine), () => assert.fail('nobody took over'));
  const server = api.open(undefined);
  using _ = { [Symbol.dispose]: () => (server.close(), server.closeAllConnections()) };
  const path = join(directory.path, 'sock');
  await once(server.listen(path), 'listening');
  const send = async (): Promise<[client: Socket, connection: Socket]> => {
    const accepted = once(server, 'connection');
    const client = connect(path);
    client.write(`POST /containers/${record.id}/wait?condition=next-exit HTTP/1.1\r\nHost: naru\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return [client, ((await accepted) as [Socket])[0]];
  };
  const ask = async (): Promise<[client: Socket, connection: Socket]> => {
    const both = await send();
    await once(both[0], 'readable');
    return both;
  };
  const [stays] = await ask();
  const [leaves, connection] = await ask();
  assert.equal(api.admission.streams, 2);
  const closed = once(connection, 'close');
  leaves.destroy();
  await closed;
  await setImmediate();
  assert.equal(api.admission.streams, 1);
  api.admission.hold();
  const held = once(server, 'request');
  const [impatient, itsOwn] = await send();
  await held;
  const cut = once(itsOwn, 'close');
  impatient.destroy();
  await cut;
  api.admission.admit();
  await setImmediate();
  assert.equal(api.admission.streams, 1, 'nor is who left before the door opened');
  settleLife(lives.of(record.id), 7);
  assert.match(Buffer.concat((await stays.toArray()) as Buffer[]).toString(), /\r\n\r\n[^]*\{"StatusCode":7\}\n/);
});

test('a daemon before this one that asked for an end, and ended, is forgotten while the container runs', async () => {
  const lives = new Lives();
  const waits = new InheritedWaits(lives, [{ id: 'c', what: 'ended' }]);
  const [gone, there] = [new ServerResponse({ method: 'POST' } as IncomingMessage), new ServerResponse({ method: 'POST' } as IncomingMessage)];
  const answered = waits.answer('c/ended', there);
  const forgotten = waits.answer('c/ended', gone);
  gone.destroy();
  await forgotten;
  assert.equal(there.writableEnded, false);
  settleLife(lives.of('c'), 7);
  await answered;
  assert.equal(there.writableEnded, true);
});
