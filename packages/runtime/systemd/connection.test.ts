import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DbusConnection } from './connection.ts';
import { encodeMessage, MessageType } from './message.ts';

/** A peer that answers the first chunk it hears by `greeting`, and then each by the next of `answers`. */
async function withPeer(greeting: Buffer, answers: readonly Buffer[], work: (path: string, heard: Buffer[]) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'naru-dbus-'));
  const heard: Buffer[] = [];
  const server = createServer((socket: Socket) => {
    socket.on('data', (chunk) => {
      socket.write((heard.length === 0 ? greeting : answers[heard.length - 1]) ?? Buffer.alloc(0));
      heard.push(chunk as Buffer);
    });
  }).listen(join(directory, 'socket'));
  try {
    await once(server, 'listening');
    await work(join(directory, 'socket'), heard);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

const signal = encodeMessage({ type: MessageType.signal, serial: 1, fields: { member: 'JobRemoved', signature: 's' }, body: ['x'] });
const answer = encodeMessage({ type: MessageType.result, serial: 2, fields: { replySerial: 1, signature: 's' }, body: ['there'] });

test('no call comes in one piece with the end of the greeting, behind which systemd would leave it; what comes with the answer to that is not lost', async () => {
  const cut = signal.length - 5;
  const greeting = Buffer.concat([Buffer.from('DATA\r\nOK 1234\r\n'), signal.subarray(0, cut)]);
  await withPeer(greeting, [Buffer.concat([signal.subarray(cut), answer])], async (path, heard) => {
    using connection = await DbusConnection.open(path);
    assert.match(String(heard[0]), /^\0AUTH EXTERNAL [^]*BEGIN\r\n$/);
    const signals: unknown[] = [];
    using _listening = connection.listen(({ body }) => signals.push(...body));
    assert.deepEqual(await connection.call({ destination: 'd', path: '/p', interface: 'i', member: 'Get' }), ['there']);
    assert.deepEqual(signals, ['x']);
  });
});

test('who is not wanted is told so', async () => {
  await withPeer(Buffer.from('REJECTED EXTERNAL\r\n'), [], (path) => assert.rejects(DbusConnection.open(path), { kind: 'Unavailable', message: `D-Bus at ${path}: REJECTED EXTERNAL` }));
});
