/** narud with `--exec-opt native.cgroupdriver=systemd` where systemd is process 1; runs inside the guest that ../systemd.test.ts boots. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';

const busybox = '/images/busybox.tar';
const cgroups = '/sys/fs/cgroup';

suite('narud whose containers are units of systemd', () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await Daemon.start('--exec-opt', 'native.cgroupdriver=systemd', '--add-runtime', 'other=/usr/sbin/runc');
    await docker('import', '-c', 'CMD ["sh"]', '-c', 'ENV PATH=/bin', busybox, 'busybox');
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const docker = (...words: string[]) => daemon.ok('docker', words);
  const scopeOf = async (name: string) => `docker-${await docker('inspect', '--format', '{{.Id}}', name)}.scope`;
  const pidOf = async (name: string) => Number(await docker('inspect', '--format', '{{.State.Pid}}', name));
  const cgroupOf = async (name: string) => /^0::(.*)$/m.exec(readFileSync(`/proc/${await pidOf(name)}/cgroup`, 'utf8'))?.[1];
  const shown = (unit: string, ...properties: string[]) => execFileSync('systemctl', ['show', unit, ...properties.map((name) => `--property=${name}`)], { encoding: 'utf8' }).trim().split('\n').toSorted();
  const file = (path: string, name: string) => readFileSync(join(cgroups, path, name), 'utf8').trim();
  const gone = (unit: string) => until(`${unit} is forgotten`, async () => shown(unit, 'LoadState')[0] === 'LoadState=not-found');

  test('info names the driver', async () => {
    assert.equal(await docker('info', '--format', '{{.CgroupVersion}} {{.CgroupDriver}}'), '2 systemd');
  });

  test('a container is a scope of system.slice with its limits, which update changes, and which goes with it', async () => {
    await docker('run', '-d', '--name', 'box', '--memory', '64m', '--cpus', '0.5', '--pids-limit', '20', 'busybox', 'sleep', '1000');
    const scope = await scopeOf('box');
    assert.equal(await cgroupOf('box'), `/system.slice/${scope}`);
    const properties = ['ActiveState', 'CPUQuotaPerSecUSec', 'Delegate', 'MemoryMax', 'Slice', 'TasksMax'];
    assert.deepEqual(shown(scope, ...properties), ['ActiveState=active', 'CPUQuotaPerSecUSec=500ms', 'Delegate=yes', `MemoryMax=${64 << 20}`, 'Slice=system.slice', 'TasksMax=20']);
    await docker('update', '--memory', '96m', '--memory-swap', '96m', '--pids-limit', '30', 'box');
    execFileSync('systemctl', ['daemon-reload']); // writes its own limits again
    assert.deepEqual([...shown(scope, 'MemoryMax', 'TasksMax'), file(`system.slice/${scope}`, 'memory.max'), file(`system.slice/${scope}`, 'pids.max')], [`MemoryMax=${96 << 20}`, 'TasksMax=30', String(96 << 20), '30']);
    assert.equal(await docker('exec', 'box', 'cat', '/proc/self/cgroup'), '0::/');
    await docker('pause', 'box');
    await docker('unpause', 'box');
    assert.match(await docker('stats', '--no-stream', '--format', '{{.MemUsage}} {{.PIDs}}', 'box'), /\/ 96MiB 1$/);
    await daemon.crash();
    await daemon.up();
    assert.equal(await docker('exec', 'box', 'echo', 'still'), 'still');
    await docker('rm', '--force', 'box');
    await gone(scope);
    assert.equal(existsSync(join(cgroups, 'system.slice', scope)), false);
  });

  test('--cgroup-parent is a slice; what fails leaves no unit; another runtime is told of systemd too', async () => {
    await docker('run', '-d', '--name', 'sliced', '--cgroup-parent', 'naru-test.slice', 'busybox', 'sleep', '1000');
    assert.equal(await cgroupOf('sliced'), `/naru.slice/naru-test.slice/${await scopeOf('sliced')}`);
    assert.match((await daemon.run('docker', ['run', '--cgroup-parent', '/mine', 'busybox', 'true'])).stderr, /cgroup-parent for systemd cgroup should be a valid slice named as "xxx\.slice"/);
    assert.match((await daemon.run('docker', ['run', '--name', 'broken', 'busybox', 'nosuch'])).stderr, /executable file not found/);
    await gone(await scopeOf('broken'));
    await docker('run', '-d', '--name', 'by-other', '--runtime', 'other', 'busybox', 'sleep', '1000');
    const scope = await scopeOf('by-other');
    assert.deepEqual([await cgroupOf('by-other'), ...shown(scope, 'ActiveState')], [`/system.slice/${scope}`, 'ActiveState=active']);
    await docker('rm', '--force', 'by-other', 'sliced');
    await gone(scope);
  });

  test('a step of a build runs', async () => {
    const built = await daemon.run('docker', ['build', '--network', 'none', '-t', 'built', '-'], { input: 'FROM busybox\nRUN cat /proc/self/cgroup > /where\n' });
    assert.equal(built.code, 0, built.stderr);
    assert.equal(await docker('run', '--rm', 'built', 'cat', '/where'), '0::/');
  });
});
