import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { TransportError } from './failures.ts';
import { Session } from './session.ts';
import { Transport } from './transport.ts';

test('a registry that answered once and is gone counts as reached no longer, so that its other address is tried', async () => {
  let answers = true;
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', () => (answers ? socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n') : socket.destroy()));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  using transport = new Transport({ verify: false }, 'test');
  try {
    const url = new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/`);
    const session = new Session({ url, mirror: false, tls: { verify: false } }, transport, {});
    (await session.send({ method: 'GET', path: 'v2/', scopes: [] })).resume();
    assert.equal(session.reached, true);
    answers = false;
    await assert.rejects(session.send({ method: 'GET', path: 'v2/x/tags/list', scopes: [] }), TransportError);
    assert.equal(session.reached, false);
    answers = true;
    await session.probe();
    answers = false;
    await assert.rejects(session.probeAnew(), TransportError);
    assert.equal(session.reached, false);
  } finally {
    server.close();
  }
});
