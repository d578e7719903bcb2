import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { isKind } from './errors.ts';
import { createRing, recycleRing, RingReader, RingWriter, type RingMemory } from './ring.ts';

const cancelled = (error: unknown) => isKind(error, 'Cancelled');

describe('ring', () => {
  it('carries bytes in order past its own size, one end waiting for the other', async () => {
    const ring = createRing(1024);
    const sent = randomBytes(50_000);
    const writer = new RingWriter(ring);
    const writing = (async () => {
      for (let at = 0; at < sent.length; at += 777) await writer.writeAsync(sent.subarray(at, at + 777));
      writer.end();
    })();
    assert.ok((await buffer(new RingReader(ring, 300))).equals(sent));
    await writing;
  });

  it('carries them between threads that block', async () => {
    const ring = createRing(4096);
    const echo = inThread(`for (let n = 0, bytes; (bytes = reader.read()); reader.release(bytes.length)) writer.write(bytes); writer.end();`, ring);
    const sent = randomBytes(200_000);
    const writer = new RingWriter(ring);
    const writing = writer.writeAsync(sent).then(() => writer.end());
    assert.ok((await buffer(new RingReader(echo.output))).equals(sent));
    await writing;
    await echo.done;
  });

  it('lets the reader take what was there at a good end, and nothing after a bad one', async () => {
    const ended = createRing(64);
    new RingWriter(ended).write(Buffer.from('last'));
    new RingWriter(ended).end();
    new RingWriter(ended).fail();
    assert.equal((await buffer(new RingReader(ended))).toString(), 'last');
    const failed = createRing(64);
    new RingWriter(failed).write(Buffer.from('lost'));
    new RingWriter(failed).fail();
    assert.throws(() => new RingReader(failed).read(), cancelled);
  });

  it('wakes an end that waits when the other gives up', async () => {
    const full = createRing(16);
    const writer = new RingWriter(full);
    const writing = assert.rejects(writer.writeAsync(Buffer.alloc(17)), cancelled);
    new RingReader(full).cancel();
    await writing;
    const empty = createRing(16);
    const reading = assert.rejects(buffer(new RingReader(empty)), cancelled);
    new RingWriter(empty).fail();
    await reading;
  });

  it('cancels the writer when the reader leaves the loop', async () => {
    const ring = createRing(16);
    const writer = new RingWriter(ring);
    writer.write(Buffer.from('abc'));
    for await (const bytes of new RingReader(ring)) {
      assert.equal(bytes.toString(), 'abc');
      break;
    }
    assert.throws(() => writer.reserve(), cancelled);
  });

  it('lends the memory of a ring that is over to one other', () => {
    const over = createRing();
    recycleRing(over);
    recycleRing(over);
    const [next, another] = [createRing(), createRing()];
    assert.equal(next.data, over.data);
    assert.notEqual(another.data, over.data);
    recycleRing(over);
    assert.notEqual(createRing().data, over.data, 'not while it is lent');
  });

  it('keeps the ends of the stream that is over out of the next one', async () => {
    const over = createRing();
    const late = new RingWriter(over);
    const reader = new RingReader(over);
    late.write(Buffer.alloc(4 << 20, 'x'));
    const waiting = assert.rejects(late.writeAsync(Buffer.from('late')), cancelled);
    recycleRing(over);
    const next = createRing();
    assert.equal(next.data, over.data);
    const writer = new RingWriter(next);
    writer.write(Buffer.from('next'));
    writer.end();
    await waiting;
    assert.throws(() => late.write(Buffer.from('late')), cancelled);
    assert.throws(() => reader.read(), cancelled);
    assert.equal((await buffer(new RingReader(next))).toString(), 'next');
  });
});

/** Runs `code` in a thread with a blocking `reader` of `input` and a blocking `writer` of the ring that is returned. */
function inThread(code: string, input: RingMemory): { output: RingMemory; done: Promise<unknown> } {
  const output = createRing(4096);
  const source = `const { workerData } = require('node:worker_threads');
    import(workerData.ring).then(({ RingReader, RingWriter }) => { const reader = new RingReader(workerData.input); const writer = new RingWriter(workerData.output); ${code} });`;
  const worker = new Worker(source, { eval: true, workerData: { ring: new URL('./ring.ts', import.meta.url).href, input, output } });
  return { output, done: new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject)) };
}
