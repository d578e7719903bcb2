import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Supervisor } from '#supervisor';
import { exampleRecord } from '../fakes.ts';
import { atPlace } from './place.ts';

/** An engine whose container's runs, the first one's number first, have ended unnoticed up to the last. */
function engineOf(...runs: number[]): { readonly engine: Parameters<typeof atPlace>[0]; readonly waits: number[] } {
  const waits: number[] = [];
  const supervisor = {
    state: () => ({ status: 'running', pid: runs[0] }),
    withView: async (_id: string, _mounts: unknown, work: (root: string) => Promise<unknown>) => {
      const gone = runs.length > 1;
      if (gone) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return work(`/run/${runs[0]}`);
    },
    wait: async () => void waits.push(runs.shift() ?? 0),
  } as unknown as Supervisor;
  return { engine: { supervisor } as Parameters<typeof atPlace>[0], waits };
}

test('of a run that has ended unnoticed its end is waited for', async () => {
  const { engine, waits } = engineOf(1, 2);
  assert.equal(await atPlace(engine, exampleRecord(), async ({ root }) => root), '/run/2');
  assert.deepEqual(waits, [1]);
});

test('work that was begun is not begun again', async () => {
  const { engine, waits } = engineOf(1);
  let begun = 0;
  const work = async (): Promise<never> => {
    begun += 1;
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  await assert.rejects(atPlace(engine, exampleRecord(), work), { code: 'ENOENT' });
  assert.deepEqual([begun, waits], [1, []]);
});
