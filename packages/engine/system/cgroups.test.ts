import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupFacts } from './cgroups.ts';

const hybrid = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd',
  '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
].join('\n');

test('a hybrid machine has version 1 and what its files say', () => {
  const files = new Set(['/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory/memory.oom_control', '/sys/fs/cgroup/cpu/cpu.shares']);
  assert.deepEqual(cgroupFacts(hybrid, (path) => files.has(path)), {
    driver: 'cgroupfs', version: '1', memory: true, swap: false, kernelMemory: false, kernelMemoryTcp: false, oomKillDisable: true, cpuShares: true, cpuQuota: false, cpuset: false, pids: false,
  });
});

test('version 2 has what its root offers', () => {
  const facts = cgroupFacts('24 1 0:21 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw', () => true, () => 'cpu memory pids\n');
  assert.deepEqual(facts, {
    driver: 'cgroupfs', version: '2', memory: true, swap: true, kernelMemory: false, kernelMemoryTcp: false, oomKillDisable: false, cpuShares: true, cpuQuota: true, cpuset: false, pids: true,
  });
});
