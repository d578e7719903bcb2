import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { make } from './checkpoints.ts';

test('a checkpoint has its name once it is whole, and one maker', async () => {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'naru-checkpoints-'));
  const at = (...names: string[]): string => join(directory.path, ...names);
  mkdirSync(at('.one'));
  writeFileSync(at('.one/of-one-killed'), '');
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = make(directory.path, 'one', 'box', async (partial) => {
    await promise;
    assert.equal(existsSync(at('one')), false);
    writeFileSync(join(partial, 'dump'), '');
  });
  const taken = { message: 'cannot checkpoint container box: checkpoint with name one already exists for container box' };
  await assert.rejects(make(directory.path, 'one', 'box', async () => {}), taken);
  resolve();
  await first;
  await assert.rejects(make(directory.path, 'one', 'box', async () => {}), taken);
  assert.deepEqual(readdirSync(at('one')), ['dump']);
  await assert.rejects(make(directory.path, 'two', 'box', () => Promise.reject(new Error('no'))), { message: 'Cannot checkpoint container box: no' });
  assert.deepEqual(readdirSync(directory.path), ['one']);
});
