import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, readFileSync, rmSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PacketListener, packetPair, PacketSocket } from './packets.ts';
import { sendMessage } from './sockets.ts';

test('packets keep their bounds, bring descriptors, and end', async () => {
  const { ours, theirs } = packetPair();
  using _ours = ours;
  using other = new PacketSocket(theirs);
  assert.equal(ours.peer, process.pid);
  ours.send(Buffer.from('one'));
  ours.send(Buffer.alloc(40_000, 7));
  assert.equal((await other.receive()).bytes.toString(), 'one');
  assert.equal((await other.receive()).bytes.length, 40_000);
  const directory = mkdtempSync(join(tmpdir(), 'naru-packets-'));
  const file = openSync(join(directory, 'file'), 'w+');
  sendMessage(theirs, Buffer.from('with'), [file]);
  const { bytes, descriptors: [copy = -1] } = await ours.receive();
  assert.deepEqual([bytes.toString(), readFileSync(copy, 'utf8')], ['with', '']);
  for (const fd of [file, copy]) closeSync(fd);
  rmSync(directory, { recursive: true });
  other[Symbol.dispose]();
  assert.equal((await ours.receive()).bytes.length, 0);
});

test('who waits for a packet is told that the socket was closed', async () => {
  const { ours, theirs } = packetPair();
  const waiting = ours.receive();
  ours[Symbol.dispose]();
  assert.equal((await waiting).bytes.length, 0);
  closeSync(theirs);
});

test('who waits for somebody to connect is told that nobody will', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'naru-packets-'));
  const listener = PacketListener.at(join(directory, 'socket'));
  const waiting = listener.accept();
  listener[Symbol.dispose]();
  assert.equal(await waiting, undefined);
  assert.throws(() => PacketListener.at(join(directory, 'none/socket')), /ENOENT|no such file/);
  rmSync(directory, { recursive: true });
});
