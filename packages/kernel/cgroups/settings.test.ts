import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciResources } from '#spec';
import type { Setting } from './setting.ts';
import { settingsV1, settingsV2, weightOfShares } from './settings.ts';

const print = (settings: Setting[]) => settings.map(({ file, value }) => `${file}=${value}`);

const resources: OciResources = {
  memory: { limit: 67108864, swap: 134217728, reservation: 33554432, swappiness: 60 },
  cpu: { shares: 512, quota: 50000, period: 100000, cpus: '0', mems: '0' },
  pids: { limit: 50 },
  blockIO: { weight: 500, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1024 }] },
  hugepageLimits: [{ pageSize: '2MB', limit: 4194304 }],
};

test('v1: one file for each limit, memory before memory and swap', () => {
  assert.deepEqual(print(settingsV1(resources)), [
    'memory.limit_in_bytes=67108864',
    'memory.memsw.limit_in_bytes=134217728',
    'memory.soft_limit_in_bytes=33554432',
    'memory.swappiness=60',
    'cpu.shares=512',
    'cpu.cfs_period_us=100000',
    'cpu.cfs_quota_us=50000',
    'cpuset.cpus=0',
    'cpuset.mems=0',
    'pids.max=50',
    'blkio.weight=500',
    'blkio.throttle.read_bps_device=8:0 1024',
    'hugetlb.2MB.limit_in_bytes=4194304',
  ]);
});

test('v1: limits that rise are written from the top, so that memory never exceeds memory with swap', () => {
  const order = (now: number): string[] => print(settingsV1({ memory: { limit: 800, swap: 1000 } }, now)).map((line) => line.split('=')[0] ?? '');
  assert.deepEqual(order(300), ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes']);
  assert.deepEqual(order(2000), ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']);
});

test('v2: swap alone, shares as weight, quota and period together', () => {
  assert.deepEqual(print(settingsV2(resources)), [
    'memory.swap.max=67108864',
    'memory.max=67108864',
    'memory.low=33554432',
    'cpu.weight=59',
    'cpu.max=50000 100000',
    'cpuset.cpus=0',
    'cpuset.mems=0',
    'pids.max=50',
    'io.weight=default 4950',
    'io.max=8:0 rbps=1024',
    'hugetlb.2MB.max=4194304',
  ]);
});

test('no limit is written as the kernel writes it', () => {
  assert.deepEqual(print(settingsV1({ memory: { limit: -1 }, pids: { limit: -1 } })), ['memory.memsw.limit_in_bytes=-1', 'memory.limit_in_bytes=-1', 'pids.max=max']);
  assert.deepEqual(print(settingsV2({ memory: { limit: -1, swap: -1 }, pids: { limit: -1 }, cpu: { quota: -1 } })), ['memory.swap.max=max', 'memory.max=max', 'cpu.max=max 100000', 'pids.max=max']);
  assert.deepEqual(settingsV1({}), []);
  assert.deepEqual(settingsV1({ memory: {}, cpu: {}, blockIO: {} }), []);
  assert.deepEqual(print([...settingsV1({ pids: { limit: 0 } }), ...settingsV2({ pids: { limit: 0 } })]), ['pids.max=0', 'pids.max=0']);
});

test('a quota and what may be saved of it are each tried once more beside the other', () => {
  const again = (settings: Setting[]) => settings.map(({ file, again = false }) => [file, again]);
  assert.deepEqual(again(settingsV1({ cpu: { quota: 5000, burst: 1000 } })), [['cpu.cfs_quota_us', true], ['cpu.cfs_burst_us', true]]);
  assert.deepEqual(again(settingsV2({ cpu: { quota: 5000, burst: 1000 } })), [['cpu.max', true], ['cpu.max.burst', true]]);
  assert.deepEqual(again(settingsV2({ cpu: { quota: 5000 } })), [['cpu.max', false]]);
});

test('unified passes through', () => {
  assert.deepEqual(settingsV2({ unified: { 'memory.high': '1G' } }), [{ controller: 'memory', file: 'memory.high', value: '1G' }]);
});

test('shares map onto the whole range of weights', () => {
  assert.deepEqual([1, 2, 3, 512, 1000, 1024, 1025, 262143, 262144, 1e9].map(weightOfShares), [1, 1, 2, 59, 99, 100, 101, 10000, 10000, 10000]);
});
