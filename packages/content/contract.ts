import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { digestOf } from '#base';
import type { ContentStore } from './port.ts';

/**
 * What every content store must do, as tests. `make` opens an empty store; `reopen` opens the same one again, as a
 * process does that finds what a killed one left.
 */
export function contentStoreContract(name: string, make: () => Promise<{ store: ContentStore; reopen(): Promise<ContentStore> }>): void {
  const text = 'naru '.repeat(1000);
  const bytes = Buffer.from(text);
  const digest = digestOf(bytes);

  test(`${name}: a document is stored, read whole, by stream and from an offset`, async () => {
    const { store } = await make();
    assert.deepEqual(await store.put(text), { digest, size: bytes.length });
    assert.deepEqual(await store.put(bytes), { digest, size: bytes.length });
    assert.deepEqual(await store.info(digest), { digest, size: bytes.length });
    assert.equal((await store.bytes(digest)).toString(), text);
    assert.equal(await textOf(store, digest, 4990), text.slice(4990));
    assert.equal(await textOf(store, digest, 10, 5), text.slice(10, 15));
    assert.deepEqual(await listed(store), [digest]);
  });

  test(`${name}: what is not here is undefined to info and NotFound to the rest`, async () => {
    const { store } = await make();
    assert.equal(await store.info(digest), undefined);
    await assert.rejects(store.read(digest), { kind: 'NotFound' });
    await assert.rejects(store.bytes(digest), { kind: 'NotFound' });
    await assert.rejects(store.path(digest), { kind: 'NotFound' });
    await store.delete(digest);
  });

  test(`${name}: a stream that nobody reads holds no file open, nor does one that is left in the middle`, async () => {
    const { store } = await make();
    await store.put(text);
    await store.read(digest);
    const left = await store.read(digest);
    const closed = new Promise((resolve) => void left.once('close', resolve));
    for await (const _piece of left) break;
    await closed; // leaving the loop begins the close and does not wait for it
    const path = await store.path(digest);
    assert.ok(!openFiles().includes(path));
  });

  test(`${name}: a document over the limit is refused`, async () => {
    const { store } = await make();
    await store.put(text);
    await assert.rejects(store.bytes(digest, 100), { kind: 'DataLoss' });
  });

  test(`${name}: an ingest is invisible until it is committed`, async () => {
    const { store } = await make();
    await using ingest = await store.ingest('a', { digest, size: bytes.length });
    await ingest.write(bytes.subarray(0, 100));
    await ingest.write(bytes.subarray(100));
    assert.deepEqual(await listed(store), []);
    assert.deepEqual(await ingest.commit(), { digest, size: bytes.length });
    assert.deepEqual(await listed(store), [digest]);
  });

  test(`${name}: wrong bytes are refused and dropped`, async () => {
    const { store } = await make();
    for (const expected of [{ digest: digestOf('other') }, { size: 4 }]) {
      await using ingest = await store.ingest('b', expected);
      await ingest.write(Buffer.from('wrong'));
      await assert.rejects(ingest.commit(), { kind: 'DataLoss' });
    }
    await using again = await store.ingest('b');
    assert.equal(again.offset, 0);
    assert.deepEqual(await listed(store), []);
  });

  test(`${name}: an ingest that was cut short is resumed, also by the next process`, async () => {
    const { store, reopen } = await make();
    {
      await using cut = await store.ingest('c', { digest });
      await cut.write(bytes.subarray(0, 1234));
    }
    const next = await reopen();
    await next.recover();
    await using ingest = await next.ingest('c', { digest });
    assert.equal(ingest.offset, 1234);
    await ingest.write(bytes.subarray(1234));
    assert.deepEqual(await ingest.commit(), { digest, size: bytes.length });
  });

  test(`${name}: truncate starts again at 0, abort forgets`, async () => {
    const { store } = await make();
    {
      await using ingest = await store.ingest('d', { digest });
      await ingest.write(Buffer.from('noise'));
      await ingest.truncate();
      assert.equal(ingest.offset, 0);
      await ingest.write(bytes);
      await ingest.flush();
      await ingest.abort();
    }
    await using again = await store.ingest('d');
    assert.equal(again.offset, 0);
  });

  test(`${name}: a ref has one writer at a time`, async () => {
    const { store } = await make();
    const first = await store.ingest('e', { digest });
    let entered = false;
    const second = store.ingest('e', { digest }).then((ingest) => ((entered = true), ingest));
    await first.write(bytes);
    assert.equal(entered, false);
    await first.commit();
    await (await second).abort();
    assert.ok(entered);
  });

  test(`${name}: a file written elsewhere is adopted; scratch files do not outlive a restart`, async () => {
    const { store, reopen } = await make();
    const { writeFile, access } = await import('node:fs/promises');
    const [kept, left] = [store.scratch(), store.scratch()];
    await writeFile(kept, text);
    await writeFile(left, text);
    await store.adopt(kept, { digest, size: bytes.length }, { durable: false });
    assert.equal(await textOf(store, digest, 0), text);
    await (await reopen()).recover();
    await assert.rejects(access(left), { code: 'ENOENT' });
  });

  test(`${name}: collect spares what is reachable or leased`, async () => {
    const { store } = await make();
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(async (each) => (await store.put(each)).digest));
    assert.ok(a && b && c);
    {
      using _held = store.lease([b]);
      assert.deepEqual((await store.collect(new Set([a]))).map((blob) => blob.digest), [c]);
    }
    assert.deepEqual((await store.collect(new Set([a]))).map((blob) => blob.digest), [b]);
    assert.deepEqual(await listed(store), [a]);
  });

  test(`${name}: sha512 blobs live beside sha256 ones`, async () => {
    const { store } = await make();
    const { createHash } = await import('node:crypto');
    const long = `sha512:${createHash('sha512').update(bytes).digest('hex')}` as typeof digest;
    await using ingest = await store.ingest('f', { digest: long });
    await ingest.write(bytes);
    assert.equal((await ingest.commit()).digest, long);
    await using late = await store.ingest('g');
    await late.write(bytes);
    assert.equal((await late.commit(long)).digest, long);
    assert.equal((await store.put(bytes, { algorithm: 'sha512' })).digest, long);
    assert.deepEqual(await listed(store), [long]);
  });
}

async function textOf(store: ContentStore, digest: ReturnType<typeof digestOf>, offset: number, length?: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.read(digest, offset, length)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function listed(store: ContentStore): Promise<string[]> {
  const digests: string[] = [];
  for await (const blob of store.list()) digests.push(blob.digest);
  return digests.toSorted();
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the descriptor that the listing itself had
    }
  });
}
