import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLock } from '#base';
import type { ContainerRecord } from './record.ts';
import { exampleHostConfig, exampleRecord } from '../fakes.ts';
import { startAgain } from './start.ts';

test('a start that waited for a change of the container is of the container as it is then', async () => {
  let record = exampleRecord();
  const failures: string[] = [];
  const engine = {
    lives: { starts: new KeyedLock() },
    containers: { find: () => record },
    supervisor: { state: () => ({ status: 'exited' }), recordStartFailure: async (_id: string, error: Error) => void failures.push(error.message) },
  } as unknown as Parameters<typeof startAgain>[0];
  const changed = Promise.withResolvers<void>();
  const change = engine.lives.starts.run(record.id, () => changed.promise);
  const start = startAgain(engine, record);
  record = { ...record, hostConfig: exampleHostConfig({ NetworkMode: `container:${record.id}` }) } satisfies ContainerRecord;
  changed.resolve();
  await change;
  await assert.rejects(start, { message: 'cannot join own network' });
  assert.deepEqual(failures, ['cannot join own network']);
});
