/** Long answers: websockets, connections taken over with and without Upgrade, and clients that vanish from them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../../support/api.ts';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { freePort } from '../../support/ports.ts';

let daemon: Daemon;
let port = 0;
before(async () => {
  port = await freePort();
  daemon = await Daemon.start('-H', `tcp://127.0.0.1:${port}`);
  await importBusybox(daemon);
});
after(() => daemon?.[Symbol.asyncDispose]());

async function started(name: string, body: object): Promise<void> {
  assert.equal((await call(daemon, 'POST', `/containers/create?name=${name}`, { Image: 'busybox', ...body })).status, 201);
  assert.equal((await call(daemon, 'POST', `/containers/${name}/start`)).status, 204);
}

test('a websocket carries a container\'s streams', async () => {
  await started('echo', { OpenStdin: true, Tty: true, Cmd: ['sh', '-c', 'stty -echo; echo ready; read line; echo "got $line"; exit 3'] });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1.55/containers/echo/attach/ws?logs=1&stream=1&stdin=1&stdout=1`);
  socket.binaryType = 'arraybuffer';
  let read = '';
  socket.addEventListener('message', ({ data }) => (read += Buffer.from(data as ArrayBuffer).toString()));
  await once(socket as unknown as EventTarget, 'open');
  await until('ready', async () => read.includes('ready'));
  socket.send('by socket\n');
  await once(socket as unknown as EventTarget, 'close');
  assert.match(read, /got by socket/);
  assert.equal((await call(daemon, 'POST', '/containers/echo/wait')).json().StatusCode, 3);
});

/** Writes a request by hand; what comes back until the other side ends. */
async function raw(head: string, input: string): Promise<string> {
  const socket = connect({ path: daemon.host.slice('unix://'.length), allowHalfOpen: true });
  socket.write(head);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'data');
  socket.end(input);
  await once(socket, 'end');
  return Buffer.concat(chunks).toString('latin1');
}

test('a connection is taken over with Upgrade and without, and closing one half ends the input alone', async () => {
  for (const upgrade of ['', 'Connection: Upgrade\r\nUpgrade: tcp\r\n']) {
    const name = upgrade === '' ? 'plain' : 'upgraded';
    await call(daemon, 'POST', `/containers/create?name=${name}`, { Image: 'busybox', OpenStdin: true, StdinOnce: true, Cmd: ['sh', '-c', 'cat; echo over'] });
    const path = `/v1.55/containers/${name}/attach?stream=1&stdin=1&stdout=1&stderr=1`;
    const answer = raw(`POST ${path} HTTP/1.1\r\nHost: x\r\n${upgrade}Content-Length: 0\r\n\r\n`, 'typed\n');
    assert.equal((await call(daemon, 'POST', `/containers/${name}/start`)).status, 204);
    const text = await answer;
    assert.match(text, upgrade === '' ? /^HTTP\/1\.1 200 OK\r\nContent-Type: application\/vnd\.docker\.raw-stream/ : /^HTTP\/1\.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream/);
    const frames = ['typed\n', 'typed\nover\n'].map((said) => `\x01\0\0\0\0\0\0${String.fromCharCode(said.length)}${said}`); // `over` may come at once
    assert.ok(frames.some((frame) => text.includes(frame)), text);
    assert.ok(text.endsWith('over\n'), text);
  }
});

test('who attaches for no stream is answered and let go', async () => {
  await started('quiet', { Cmd: ['sleep', '1000'] });
  for (const stream of ['', '?stream=1', '?stream=1&logs=1']) {
    const socket = connect({ path: daemon.host.slice('unix://'.length) }); // nothing is said after the request: the daemon may have hung up
    socket.write(`POST /v1.55/containers/quiet/attach${stream} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    assert.equal(answer, 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n');
  }
});

test('what is no websocket handshake is told why, and attaches nothing', async () => {
  const ask = (fields: Record<string, string>) => call(daemon, 'GET', '/containers/quiet/attach/ws?stream=1&stdout=1', undefined, fields);
  const plain = await ask({});
  assert.deepEqual([plain.status, plain.text], [400, 'not websocket protocol']);
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
  assert.equal((await ask(upgrade)).text, 'mismatch challenge/response');
  assert.equal((await ask({ ...upgrade, 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': '8' })).text, 'missing or bad WebSocket Version');
});

test('clients that vanish cost nothing', async () => {
  await started('source', { Cmd: ['sh', '-c', 'while :; do echo line; sleep 0.2; done'] });
  const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
  const paths = ['/containers/source/logs?follow=1&stdout=1', '/events', '/containers/source/stats', '/containers/source/attach?stream=1&stdout=1', '/containers/source/wait'];
  const vanish = async (): Promise<void> => {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => paths.map(opened)).flat());
    for (const socket of sockets) socket.destroy();
  };
  await vanish();
  await until('first round away', async () => descriptors() < 60);
  const first = descriptors();
  for (let round = 0; round < 4; round++) await vanish();
  await until('all away', async () => descriptors() <= first + 2);
  await until('nobody listens to events', async () => (await call(daemon, 'GET', '/info')).json().NEventsListener === 0);
});

/** A stream whose first bytes have come. */
async function opened(path: string): Promise<Socket> {
  const method = /wait|attach/.test(path) ? 'POST' : 'GET';
  const asked = request({ socketPath: daemon.host.slice('unix://'.length), method, path, agent: false }).on('error', () => undefined).end();
  const [answer] = (await once(asked, 'response')) as [{ socket: Socket; resume(): void }];
  answer.resume();
  return answer.socket;
}

test('a body beyond the limit is refused, and what is no JSON', async () => {
  const create = (text: string) => call(daemon, 'POST', '/containers/create', Buffer.from(text), { 'Content-Type': 'application/json' });
  assert.match(errorOf(await create(`{"Image":"${'x'.repeat(17 << 20)}"}`), 400), /request body is larger than 16777216 bytes/);
  assert.match(errorOf(await create('{"Image":'), 400), /^invalid JSON: /);
  assert.match(errorOf(await create(''), 400), /EOF/);
  assert.equal((await call(daemon, 'GET', '/_ping')).text, 'OK');
});
