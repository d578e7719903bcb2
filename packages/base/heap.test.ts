import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { heapTrimmer } from './heap.ts';

test('what is no longer needed is collected, and nothing is while little has come', async () => {
  const trim = heapTrimmer();
  trim();
  const garbage = leave();
  await turn(); // until then a weak reference holds what it was made for
  trim();
  assert.equal(garbage.deref(), undefined, 'collected');
  const little = new WeakRef({});
  await turn();
  trim();
  assert.ok(little.deref(), 'a pause for so little is not worth it');
});

test('the pages that were emptied go back to the system with it', async () => {
  const trim = heapTrimmer();
  leave();
  await turn();
  trim();
  const { used_heap_size: used, total_heap_size: held } = getHeapStatistics();
  assert.ok(held - used < 8 * 2 ** 20, `${held} held for ${used}`);
});

/** A large thing that nobody holds; in a function of its own, since a frame may hold what its variables no longer do. */
function leave(): WeakRef<object> {
  return new WeakRef(Array.from({ length: 2 ** 20 }, (_, index) => ({ index })));
}
