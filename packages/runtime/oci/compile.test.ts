import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printPlan } from '#shim';
import { compileAdopt, compileAdoptExec } from './compile.ts';

const stdio = { terminal: true, stdin: true, stdinOnce: false, log: undefined };
const cgroup = { tasks: ['/cg/memory/c1/tasks'], into: undefined, view: undefined, oom: undefined };

test('another runtime makes the container where its root is mounted, and starts it when told', () => {
  const plan = compileAdopt({
    label: 'c1', directory: '/tasks/c1', root: '/root', rootfs: [{ type: 'overlay', source: 'overlay', options: ['lowerdir=/a'] }], spec: { ociVersion: '1.2.0' }, stdio, cgroup,
    create: ['/bin/runc', 'create', 'c1'], start: ['/bin/runc', 'start', 'c1'], environment: ['PATH=/bin'],
  });
  assert.equal(
    printPlan(plan),
    `0 label text=c1
1 stdio flags=0x3
2 sweep procs=/cg/memory/c1/cgroup.procs
3 stage
4 console-listen path=console.sock
5 unshare types=0x20000
6 propagation path=/ flags=0x84000
7 mount source=overlay target=/root type=overlay flags=0x0 data="lowerdir=/a" directory=""
8 directory-change path=/tasks/c1 early=0
9 adopt pidFile=init.pid arguments=["/bin/runc","create","c1"] environment=["PATH=/bin"]
10 ready wait=1
11 run arguments=["/bin/runc","start","c1"] environment=["PATH=/bin"]
`,
  );
});

test('an exec is the runtime\'s too', () => {
  const plan = compileAdoptExec({ stdio: { ...stdio, terminal: false }, words: ['/bin/runc', 'exec'], environment: [], pidFile: 'x.pid', consoleSocket: 'x.sock' });
  assert.equal(printPlan(plan), '0 stdio flags=0xa\n1 stage\n2 adopt pidFile=x.pid arguments=["/bin/runc","exec"] environment=[]\n3 ready wait=0\n');
});
