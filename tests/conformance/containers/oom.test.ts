/** What is told of a container that wants more memory than it may have. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { call } from '../../support/api.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';

const control = existsSync('/sys/fs/cgroup/memory/memory.oom_control') ? false : 'only version 1 of cgroups can keep the kernel from killing';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await importBusybox(daemon, 'docker', 'busybox:latest');
});
after(() => daemon?.[Symbol.asyncDispose]());

test('oom is told also where the kernel may not kill: the container waits', { skip: control, timeout: 120_000 }, async () => {
  await daemon.ok('docker', ['run', '-d', '--name', 'waits', '--oom-kill-disable', '-m', '10m', 'busybox', 'sh', '-c', 'x=a; while true; do x=$x$x$x$x; done']);
  const since = Math.floor(Date.now() / 1000) - 60;
  const seen = async () => (await call(daemon, 'GET', `/events?since=${since}&until=${Math.ceil(Date.now() / 1000)}`)).lines().map((event) => event.Action);
  while (!(await seen()).includes('oom')) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await call(daemon, 'GET', '/containers/waits/json')).json().State.Status, 'running');
  await call(daemon, 'POST', '/containers/waits/kill');
});
