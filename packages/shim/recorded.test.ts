/**
 * A shim of protocol version 1, as recorded from one, under today's daemon: what an update of narud finds running. The bytes
 * are not to be changed; when a version comes after this one, its own recording joins them.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { attachStdio } from './attach.ts';
import { connectShim, dialShim, ShimFailure } from './connection.ts';
import { FrameType, parseStatus, PROTOCOL_MAGIC, PROTOCOL_VERSION } from './protocol.ts';

const hello = '0c00000040000000000000004e41525501000000fe0c0000';

/** What the daemon sent, without its id (bytes 8 to 11), and what the shim answered. */
const recorded: Readonly<Record<string, string>> = {
  '0000000009000000': '380000004100000001000000fe0c0000000d0000030000000000000087809701a20100000000000000000000000000000000000000000000000000000000000000000000',
  '040000000700000050001800': '0c0000004200000001000000ffffffff1900000000000000',
  '0000000004070000': '000000004100000001000000',
  '0200000005000000780a': '0400000044010000000000006f75740a0400000044020000000000006572720a18000000450000000000000003000000000000000000000000000000ce819701a2010000',
};

/** Answers by the recording; the id of an answer is that of its request. */
async function replay(work: (path: string) => Promise<void>, greeting = hello): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'naru-recorded-'));
  const server = createServer((socket) => {
    socket.write(Buffer.from(greeting, 'hex'));
    socket.on('data', (request: Buffer) => {
      const hex = request.toString('hex');
      const answer = Buffer.from(recorded[hex.slice(0, 16) + hex.slice(24)] ?? assert.fail(`not recorded: ${hex}`), 'hex');
      if (answer.readUInt8(4) === FrameType.ok || answer.readUInt8(4) === FrameType.fail) request.copy(answer, 8, 8, 12);
      socket.write(answer);
    });
  }).listen(join(directory, 'shim.sock'));
  await once(server, 'listening');
  try {
    await work(join(directory, 'shim.sock'));
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

test('its hello, status and failures are understood', () =>
  replay(async (path) => {
    using connection = await connectShim(path);
    assert.equal(connection.version, 1);
    const status = parseStatus((await connection.request(FrameType.status)).payload);
    assert.deepEqual([status.shimPid, status.pid, status.state, status.startedAt, status.ending.code], [3326, 3328, 'running', 1795323035783, 0]);
    await assert.rejects(connection.request(FrameType.resize, { payload: Buffer.from([80, 0, 24, 0]) }), (error) => error instanceof ShimFailure && error.failure.errno === 25);
  }));

test('an attachment to it carries stdin, output and the end', () =>
  replay(async (path) => {
    const attachment = await attachStdio(await connectShim(path), 0, { stdin: true, stdout: true, stderr: true });
    attachment.stdin?.write('x\n');
    const output = await Array.fromAsync(attachment.output, ({ stream, bytes }) => [stream, Buffer.from(bytes).toString()]);
    assert.deepEqual(output, [[1, 'out\n'], [2, 'err\n']]);
    await attachment[Symbol.asyncDispose]();
  }));

test('one that cannot be called is not taken for one that has gone', async () => {
  await assert.rejects(connectShim('/nowhere/shim.sock'), { name: 'Unavailable' });
  using connection = dialShim('/dev/null/shim.sock');
  await assert.rejects(connection.request(FrameType.status), { name: 'Internal', message: /^calling the shim: connect ENOTDIR/ });
  await assert.rejects(connection.request(FrameType.status), { name: 'Internal' });
});

test('one that is newer than we are is taken as it greets; a stranger is not', async () => {
  const greet = (magic: number, version: number) => {
    const bytes = Buffer.from(hello, 'hex');
    bytes.writeUInt32LE(magic, 12);
    bytes.writeUInt32LE(version, 16);
    return bytes.toString('hex');
  };
  await replay(async (path) => {
    using connection = await connectShim(path);
    assert.equal(connection.version, PROTOCOL_VERSION + 1);
    assert.equal(parseStatus((await connection.request(FrameType.status)).payload).pid, 3328);
  }, greet(PROTOCOL_MAGIC, PROTOCOL_VERSION + 1));
  for (const stranger of [greet(1, 1), greet(PROTOCOL_MAGIC, 0)]) await replay((path) => assert.rejects(connectShim(path), /the shim is gone/), stranger);
});
