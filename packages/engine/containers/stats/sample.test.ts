import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskStats } from '#runtime';
import { document, noSample, sampleOf } from './sample.ts';

const stats: TaskStats = {
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 60),
  cpu: { total: 30, user: 10, system: 20, perCpu: [12, 18], periods: 3, throttledPeriods: 2, throttledTime: 1 },
  memory: { usage: 4096, maxUsage: 8192, limit: 1 << 20, failcnt: 1, stats: { rss: 5, swap: 6, cache: 7 } },
  pids: { current: 2, limit: 9 },
  blkio: [{ device: '8:16', op: 'Read', bytes: 512, operations: 1 }],
};

const members = [
  'name', 'id', 'read', 'preread', 'cpu_stats', 'precpu_stats', 'pids_stats', 'blkio_stats', 'num_procs', 'storage_stats', 'memory_stats', 'networks',
];

const traffic = { eth0: { received: { bytes: 1, packets: 2, errors: 3, dropped: 4 }, sent: { bytes: 5, packets: 6, errors: 7, dropped: 8 } } };

test("a document has the Engine API's members, in its order, with the processor's counters of the sample before", () => {
  const value = JSON.parse(document(sampleOf(stats, traffic), noSample, { name: { name: '/box', id: 'abc' }, system: false }));
  assert.deepEqual(Object.keys(value), members);
  assert.deepEqual([value.name, value.id, value.read, value.preread], ['/box', 'abc', '2026-01-02T03:04:05.06Z', '0001-01-01T00:00:00Z']);
  assert.deepEqual(value.cpu_stats.cpu_usage, { total_usage: 30, percpu_usage: [12, 18], usage_in_kernelmode: 20, usage_in_usermode: 10 });
  assert.deepEqual(value.cpu_stats.throttling_data, { periods: 3, throttled_periods: 2, throttled_time: 1 });
  assert.ok(value.cpu_stats.system_cpu_usage > 0 && value.cpu_stats.online_cpus > 0);
  assert.deepEqual(value.precpu_stats, { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 }, throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 } });
  assert.deepEqual(value.pids_stats, { current: 2, limit: 9 });
  assert.deepEqual(value.memory_stats, { usage: 4096, max_usage: 8192, stats: { rss: 5, cache: 7 }, failcnt: 1, limit: 1 << 20 });
  assert.deepEqual(value.blkio_stats.io_service_bytes_recursive, [{ major: 8, minor: 16, op: 'Read', value: 512 }]);
  assert.deepEqual(value.blkio_stats.io_serviced_recursive, [{ major: 8, minor: 16, op: 'Read', value: 1 }]);
  assert.deepEqual(value.networks, { eth0: { rx_bytes: 1, rx_packets: 2, rx_errors: 3, rx_dropped: 4, tx_bytes: 5, tx_packets: 6, tx_errors: 7, tx_dropped: 8 } });
});

test('what a container has not is left out', () => {
  const still = { ...stats, cpu: { ...stats.cpu, perCpu: [] }, memory: { ...stats.memory, maxUsage: 0, failcnt: 0 }, pids: { current: 1, limit: undefined }, blkio: [] };
  const value = JSON.parse(document(sampleOf(still, {}), sampleOf(stats, traffic), { system: true }));
  assert.deepEqual(Object.keys(value).slice(0, 3), ['os_type', 'read', 'preread']);
  assert.equal(value.os_type, 'linux');
  assert.equal(value.preread, value.read);
  assert.deepEqual(value.pids_stats, { current: 1 });
  assert.deepEqual(Object.keys(value.memory_stats), ['usage', 'stats', 'limit']);
  assert.ok(!('percpu_usage' in value.cpu_stats.cpu_usage) && !('networks' in value));
});
