import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { RingReader, RingWriter } from '#base';
import { withPlainBytes } from './pipeline.ts';
import { streamFrom } from './stream.ts';

test('one stream after the other goes through the same memory, however it ends', async () => {
  const used = new Set<SharedArrayBuffer>();
  const start = (failing: boolean) =>
    streamFrom(async (ring) => {
      used.add(ring.data);
      const writer = new RingWriter(ring);
      await writer.writeAsync(Buffer.from('bytes'));
      if (failing) throw new Error('disk gone');
      writer.end();
    });
  for (let round = 0; round < 3; round++) {
    assert.equal(await text(start(false).stream), 'bytes');
    await assert.rejects(text(start(true).stream), /disk gone/);
    for await (const bytes of start(false).stream) {
      assert.equal(bytes.toString(), 'bytes');
      break;
    }
    await turn();
  }
  assert.equal(used.size, 1);
});

test('so does one archive after the other, read to its end or not', async () => {
  const used = new Set<SharedArrayBuffer>();
  const read = (source: AsyncIterable<Uint8Array>, most: number) =>
    withPlainBytes(source, undefined, async (bytes) => {
      assert.ok('ring' in bytes);
      used.add(bytes.ring.data);
      let count = 0;
      for await (const piece of new RingReader(bytes.ring)) if ((count += piece.length) >= most) break;
      return count;
    });
  for (let round = 0; round < 3; round++) {
    assert.equal(await read(archive(20), Infinity), 20 << 20);
    assert.ok((await read(archive(20), 1)) < 20 << 20);
    await assert.rejects(read(broken(), Infinity), /client gone/);
  }
  assert.equal(used.size, 1);
});

async function* archive(megabytes: number): AsyncGenerator<Buffer> {
  for (let count = 0; count < megabytes; count++) yield Buffer.alloc(1 << 20);
}

async function* broken(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1 << 20);
  throw new Error('client gone');
}
