import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from './admission.ts';

const list = { name: 'GET /containers/json' };

test('rest begins when the last work has ended, and again after each', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const admission = new Admission();
  let rests = 0;
  admission.atRest(2000, () => (rests += 1));
  const presence = admission.enter(list);
  context.mock.timers.tick(5000);
  assert.equal(rests, 0, 'somebody is being served');
  presence[Symbol.dispose]();
  context.mock.timers.tick(1999);
  assert.equal(rests, 0);
  context.mock.timers.tick(1);
  assert.equal(rests, 1);
  admission.enter(list)[Symbol.dispose]();
  context.mock.timers.tick(2000);
  assert.equal(rests, 2);
});

test('each that waits for a rest gets it at its own time', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const admission = new Admission();
  const rests: number[] = [];
  for (const after of [2000, 20_000]) admission.atRest(after, () => rests.push(after));
  admission.enter(list)[Symbol.dispose]();
  context.mock.timers.tick(2000);
  assert.deepEqual(rests, [2000]);
  context.mock.timers.tick(18_000);
  assert.deepEqual(rests, [2000, 20_000]);
});
