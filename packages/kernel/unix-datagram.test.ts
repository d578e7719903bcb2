import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectDatagram, listenDatagram } from './unix-datagram.ts';

test('a datagram arrives whole; nobody there is told as such', () => {
  const directory = mkdtempSync(join(tmpdir(), 'datagram-'));
  try {
    const path = join(directory, 's');
    {
      using receiver = listenDatagram(path);
      using sender = connectDatagram(path);
      assert.equal(receiver.receive(), undefined);
      sender.send(Buffer.from('hello'));
      sender.send(Buffer.from('again'));
      assert.deepEqual([receiver.receive()?.toString(), receiver.receive()?.toString()], ['hello', 'again']);
    }
    assert.throws(() => connectDatagram(path), { code: 'ECONNREFUSED' });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
