import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCgroupLayout } from './layout.ts';

const line = (mountPoint: string, type: string, options: string) => `32 31 0:29 / ${mountPoint} rw,relatime shared:9 - ${type} ${type} ${options}`;
const controllers = () => 'hugetlb misc\n';

test('hybrid: v1 hierarchies beside v2', () => {
  const text = [
    line('/', 'ext4', 'rw'),
    line('/sys/fs/cgroup', 'tmpfs', 'rw,mode=755'),
    line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
    line('/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,release_agent=/x,name=systemd'),
    line('/sys/fs/cgroup/unified', 'cgroup2', 'rw,nsdelegate'),
    line('/elsewhere\\040again', 'cgroup', 'rw,cpu,cpuacct'),
  ].join('\n');
  assert.deepEqual(parseCgroupLayout(text, controllers), {
    v1: [
      { controllers: ['cpu', 'cpuacct'], mountPoint: '/sys/fs/cgroup/cpu,cpuacct' },
      { controllers: ['name=systemd'], mountPoint: '/sys/fs/cgroup/systemd' },
    ],
    v2: { mountPoint: '/sys/fs/cgroup/unified', controllers: ['hugetlb', 'misc'] },
  });
});

test('pure v2, and none at all', () => {
  assert.deepEqual(parseCgroupLayout(line('/sys/fs/cgroup', 'cgroup2', 'rw'), () => 'cpu io memory pids\n'), {
    v1: [],
    v2: { mountPoint: '/sys/fs/cgroup', controllers: ['cpu', 'io', 'memory', 'pids'] },
  });
  assert.deepEqual(parseCgroupLayout('', controllers), { v1: [], v2: undefined });
});
