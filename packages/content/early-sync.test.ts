import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EarlySync } from './early-sync.ts';

const much = 8 << 20;

/** A file whose syncs end when they are told to. */
function fakeFile(): { readonly file: { datasync(): Promise<void> }; readonly syncs: PromiseWithResolvers<void>[] } {
  const syncs: PromiseWithResolvers<void>[] = [];
  const datasync = (): Promise<void> => {
    const sync = Promise.withResolvers<void>();
    syncs.push(sync);
    return sync.promise;
  };
  return { file: { datasync }, syncs };
}

test('syncs as the file grows, one at a time in the whole process, and once more at the end', async () => {
  const [one, other] = [fakeFile(), fakeFile()];
  const [early, late] = [new EarlySync(one.file), new EarlySync(other.file)];
  early.wrote(much - 1);
  assert.equal(one.syncs.length, 0);
  early.wrote(1);
  early.wrote(much);
  late.wrote(much);
  assert.deepEqual([one.syncs.length, other.syncs.length], [1, 0]);
  one.syncs[0]?.resolve();
  await early.settled();
  late.wrote(1);
  assert.equal(other.syncs.length, 1);
  other.syncs[0]?.resolve();
  const finished = late.finish();
  await late.settled();
  other.syncs[1]?.resolve();
  await finished;
});

test('a failure that an early sync met is told at the end, since the kernel tells it only once', async () => {
  const { file, syncs } = fakeFile();
  const early = new EarlySync(file);
  early.wrote(much);
  syncs[0]?.reject(new Error('EIO'));
  await early.settled();
  const finished = early.finish();
  await Promise.resolve();
  syncs[1]?.resolve();
  await assert.rejects(finished, /EIO/);
});
