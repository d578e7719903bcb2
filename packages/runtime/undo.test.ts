import assert from 'node:assert/strict';
import { test } from 'node:test';
import { undo } from './undo.ts';

test('a step that fails is told, and what comes after it stays', async () => {
  const [said, done]: [string[], number[]] = [[], []];
  await undo((message) => said.push(message), [() => void done.push(1), () => Promise.reject(new Error('EBUSY')), () => void done.push(3)]);
  assert.deepEqual([done, said], [[1], ['what was begun is not all cleared away: EBUSY']]);
});
