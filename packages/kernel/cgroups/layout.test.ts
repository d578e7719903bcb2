import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideLayout, commonAncestor, delegatedLayout, parseCgroupLayout } from './layout.ts';

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

test('an ordinary user has the part of version 2 that was delegated to him, and nothing of version 1', () => {
  const layout = parseCgroupLayout(
    line('/sys/fs/cgroup/memory', 'cgroup', 'rw,memory') + '\n' + line('/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
    () => 'cpu memory\n',
  );
  const own = '4:memory:/user\n0::/user.slice/naru.scope\n';
  const mountPoint = '/sys/fs/cgroup/unified/user.slice/naru.scope';
  const writable = (path: string) => path === mountPoint || path === `${mountPoint}/cgroup.procs`;
  assert.deepEqual(delegatedLayout(layout, own, () => 'memory pids\n', writable), { v1: [], v2: { mountPoint, controllers: ['memory', 'pids'] }, below: '/user.slice/naru.scope' });
  assert.deepEqual(delegatedLayout(layout, '0::/user.slice/naru.scope/naru-daemon\n', () => '', writable).v2?.mountPoint, mountPoint);
  assert.deepEqual(delegatedLayout(layout, own, () => '', () => false), { v1: [], v2: undefined, below: null });
});

test('the command line is beside the cgroup that it is in, below it where that alone is the user\'s, and nowhere else', () => {
  const layout = parseCgroupLayout(line('/cg', 'cgroup2', 'rw'), () => 'memory\n');
  const below = (...owned: string[]) => besideLayout(layout, '0::/user/app/shell\n', () => '', (path) => owned.some((one) => path === one || path === `${one}/cgroup.procs`)).below;
  assert.equal(below('/cg/user/app', '/cg/user/app/shell'), '/user/app');
  assert.equal(below('/cg/user/app/shell'), '/user/app/shell');
  assert.equal(below('/cg/user'), null);
});

test('a process is moved by the leave of the nearest cgroup above both ends', () => {
  assert.deepEqual([commonAncestor('/a/b/c', '/a/b/d/e'), commonAncestor('/a', '/a'), commonAncestor('/a/b', '/a'), commonAncestor('/ab', '/a'), commonAncestor('/', '/a/b')], ['/a/b', '/a', '/a', '/', '/']);
});
