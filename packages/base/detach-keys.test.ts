import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetachKeys, DetachWatch, parseDetachKeys } from './detach-keys.ts';

test('key names', () => {
  assert.deepEqual([...(parseDetachKeys(defaultDetachKeys) ?? [])], [16, 17]);
  assert.deepEqual([...(parseDetachKeys('a,ctrl-b,ctrl-[,DEL') ?? [])], [97, 2, 27, 127]);
  for (const text of ['', 'ctrl-1', 'ctrl-A', 'é', 'a,,b']) assert.equal(parseDetachKeys(text), undefined, text);
});

test('the sequence is found across chunks, and what only began like it is passed on', () => {
  const watch = new DetachWatch(Uint8Array.of(16, 17));
  const take = (...bytes: number[]) => {
    const { bytes: passed, detached } = watch.take(Uint8Array.from(bytes));
    return [[...passed], detached];
  };
  assert.deepEqual(take(1, 16), [[1], false]);
  assert.deepEqual(take(2), [[16, 2], false]);
  assert.deepEqual(take(16, 16, 17, 9), [[16, 16, 17, 9], false]);
  assert.deepEqual(take(9, 16, 17, 9), [[9], true]);
});
