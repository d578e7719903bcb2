import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandSlice, resourceProperties, scopeOf, scopeProperties } from './scope.ts';

test('slice:prefix:name, and what stands for what is left out', () => {
  assert.deepEqual(scopeOf('a-b.slice:box:one', 'x', false), { slice: 'a-b.slice', unit: 'box-one.scope', path: '/a.slice/a-b.slice/box-one.scope' });
  assert.deepEqual(scopeOf(':box:one', 'x', false).path, '/system.slice/box-one.scope');
  assert.deepEqual(scopeOf('::one', 'x', true).path, '/user.slice/one.scope');
  assert.deepEqual(scopeOf(undefined, 'x', false).path, '/system.slice/runc-x.scope');
  assert.deepEqual(scopeOf('-.slice:box:a.slice', 'x', false).path, '/a.slice');
  for (const wrong of ['/a/b', 'a:b', 'a:b:c:d']) assert.throws(() => scopeOf(wrong, 'x', false), /expected cgroupsPath to be of format "slice:prefix:name"/);
  for (const wrong of ['a', 'a/b.slice', '-a.slice', 'a--b.slice', '.slice']) assert.throws(() => expandSlice(wrong), /invalid slice name/);
});

const shown = (list: readonly (readonly [string, { value: unknown }])[]) => Object.fromEntries(list.map(([name, { value }]) => [name, value]));

test('limits are properties of v2, or of v1', () => {
  const resources = { memory: { limit: 100, swap: 150, reservation: 50 }, cpu: { shares: 1024, quota: 12_345, period: 100_000, cpus: '0-2,9', mems: '0' }, pids: { limit: -1 } };
  const infinity = 2n ** 64n - 1n;
  assert.deepEqual(shown(resourceProperties(resources, true)), { MemoryMax: 100n, MemoryLow: 50n, MemorySwapMax: 50n, CPUWeight: 100n, CPUQuotaPeriodUSec: 100_000n, CPUQuotaPerSecUSec: 130_000n, AllowedCPUs: [7, 2], AllowedMemoryNodes: [1], TasksMax: infinity });
  assert.deepEqual(shown(resourceProperties(resources, false)), { MemoryLimit: 100n, CPUShares: 1024n, CPUQuotaPeriodUSec: 100_000n, CPUQuotaPerSecUSec: 130_000n, TasksMax: infinity });
  assert.deepEqual(shown(resourceProperties({ cpu: { quota: -1 } }, true)), { CPUQuotaPerSecUSec: infinity });
  assert.deepEqual(resourceProperties({}, true), []);
});

test('annotations set properties', () => {
  const of = (name: string, value: string) => scopeProperties({ ociVersion: '1.2.0', annotations: { [`org.systemd.property.${name}`]: value } }, 'x', scopeOf(undefined, 'x', false), 1, true).at(-1);
  assert.deepEqual(of('TimeoutStopSec', '1.5'), ['TimeoutStopUSec', { signature: 't', value: 1_500_000n }]);
  assert.deepEqual(of('CollectMode', "'inactive-or-failed'"), ['CollectMode', { signature: 's', value: 'inactive-or-failed' }]);
  assert.deepEqual(of('IOAccounting', 'true'), ['IOAccounting', { signature: 'b', value: true }]);
  assert.deepEqual(of('TasksMax', 'uint64 16'), ['TasksMax', { signature: 't', value: 16n }]);
  assert.throws(() => of('TimeoutStopSec', 'soon'), /value parse error/);
  assert.throws(() => of('not-a-name', 'true'), /invalid systemd property name/);
});
