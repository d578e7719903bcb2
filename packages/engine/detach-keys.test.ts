import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetachWatcher, parseDetachKeys } from './detach-keys.ts';

test('key names', () => {
  assert.deepEqual([...parseDetachKeys('')], [16, 17]);
  assert.deepEqual([...parseDetachKeys('a,ctrl-b,ctrl-[')], [97, 2, 27]);
  assert.throws(() => parseDetachKeys('ctrl-1'), { message: 'Invalid detach keys (ctrl-1) provided' });
});

test('the sequence is found across chunks, and what only began like it is passed on', () => {
  const watcher = new DetachWatcher(Uint8Array.of(16, 17));
  const push = (...bytes: number[]) => {
    const { bytes: passed, detach } = watcher.push(Uint8Array.from(bytes));
    return [[...passed], detach];
  };
  assert.deepEqual(push(1, 16), [[1], false]);
  assert.deepEqual(push(2), [[16, 2], false]);
  assert.deepEqual(push(16, 16, 17, 9), [[16, 16, 17, 9], false]);
  assert.deepEqual(push(9, 16, 17, 9), [[9], true]);
});
