/**
 * SELinux's labels, by the runtime and by narud; runs inside the guest that ../cgroup2.test.ts boots with SELinux on. The policy knows the
 * types of containers and nothing else, and is not enforced: the kernel refuses contexts that it does not have, and tells which are.
 * What an enforced one keeps containers from is in selinux-enforcing.guest.ts.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { getXattr, securityModules } from '#kernel';
import { collect, RuntimeWorld } from '../../support/bundle.ts';
import { Daemon } from '../../support/daemon.ts';
import { fileType, loadPolicy, processType } from '../../support/selinux-policy.ts';

const quiet = { terminal: false, stdin: false, stdinOnce: false, log: undefined };
before(() => loadPolicy({ enforcing: false, level: 's0', kernelFiles: 'base_t', rules: 'allow base_t base_t:process fork;' }));

const labelOf = (pid: number): string => readFileSync(`/proc/${pid}/attr/current`, 'utf8').replace(/\0$/, '');
const fileLabel = (path: string): string => String(getXattr(path, 'security.selinux')).replace(/\0$/, '');

suite('SELinux and the runtime', () => {
  let world: RuntimeWorld;
  before(() => {
    world = new RuntimeWorld();
  });
  after(() => world?.[Symbol.asyncDispose]());

  test('the first process and execs have their labels, its keyring too, its mounts that of its files', async () => {
    assert.equal(securityModules().selinux, true);
    const [selinuxLabel, mountLabel] = [`${processType}:s0:c1,c2`, `${fileType}:s0:c1,c2`];
    const task = await world.create(['sleep', '100'], (spec) => {
      Object.assign(spec.process ?? {}, { selinuxLabel });
      Object.assign(spec.linux ?? {}, { mountLabel, maskedPaths: ['/proc/acpi', '/sys/firmware'] });
      spec.mounts?.push({ destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue' });
    });
    await task.start();
    assert.equal(labelOf(task.pid), selinuxLabel);
    const root = `/proc/${task.pid}/root`;
    for (const path of ['/dev', '/dev/mqueue', '/sys/firmware']) assert.equal(fileLabel(root + path), mountLabel, path);
    assert.notEqual(fileLabel(`${root}/proc`), mountLabel);
    const seen = async (labels: { selinuxLabel?: string }) => {
      const exec = await task.exec(`x${Math.random()}`, { args: ['cat', '/proc/self/attr/current'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 }, ...labels }, quiet);
      return (await collect(await exec.attach({ stdin: false, stdout: true, stderr: true }))).stdout.replace(/\0$/, '');
    };
    assert.deepEqual([await seen({}), await seen({ selinuxLabel: `${processType}:s0` })], [selinuxLabel, `${processType}:s0`]);
    await task.delete(true);
  });

  test('a context that the policy does not have is told in runC\'s words', async () => {
    await assert.rejects(world.create(['true'], (spec) => Object.assign(spec.process ?? {}, { selinuxLabel: 'nobody:r:t:s0' })), /write \/proc\/self\/attr\/keycreate: invalid argument/);
    await assert.rejects(world.create(['true'], (spec) => Object.assign(spec.linux ?? {}, { mountLabel: 'nobody:r:t:s0' })), /error preparing rootfs: mount overlay:.*: invalid argument/);
  });
});

suite('SELinux and narud', () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await Daemon.start('--selinux-enabled');
    await docker('import', '-c', 'CMD ["sh"]', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox');
  });
  after(() => daemon?.[Symbol.asyncDispose]());
  const docker = (...words: string[]) => daemon.ok('docker', words);
  const labels = async (name: string) => (await docker('inspect', '--format', '{{.State.Pid}} {{.ProcessLabel}} {{.MountLabel}}', name)).split(' ');

  test('a container is of the policy\'s types, with categories of its own; its files, execs and volumes are too', async () => {
    assert.match(await docker('info', '--format', '{{.SecurityOptions}}'), /name=selinux/);
    mkdirSync('/srv/own/deep', { recursive: true });
    mkdirSync('/srv/shared', { recursive: true });
    await docker('run', '-d', '--name', 'box', '-v', '/srv/own:/own:Z', '-v', '/srv/shared:/shared:z', '-v', 'kept:/kept', 'busybox', 'sleep', '1000');
    const [pid, process = '', mount = ''] = await labels('box');
    const [, level = ''] = /^system_u:system_r:container_t:(s0:c\d+,c\d+)$/.exec(process) ?? [];
    assert.deepEqual([labelOf(Number(pid)), mount], [process, `${fileType}:${level}`]);
    const root = `/proc/${pid}/root`;
    for (const path of ['/', '/bin/busybox', '/etc/hosts', '/dev/shm', '/own/deep']) assert.equal(fileLabel(root + path), mount, path);
    for (const path of ['/shared', '/kept']) assert.equal(fileLabel(root + path), `${fileType}:s0`, path);
    assert.equal((await docker('exec', 'box', 'cat', '/proc/self/attr/current')).replace(/\0$/, ''), process);
  });

  test('what is asked for, what follows from other options, what is wrong', async () => {
    const seen = async (...words: string[]) => (await docker('run', '--rm', ...words, 'busybox', 'cat', '/proc/self/attr/current')).replace(/\0$/, '');
    assert.match(await seen('--security-opt', 'label=type:spc_t'), /^system_u:system_r:spc_t:s0:c\d+,c\d+$/);
    assert.equal(await seen('--security-opt', 'label=level:s0:c7'), `${processType}:s0:c7`);
    assert.equal(await seen('--pid', 'container:box'), (await labels('box'))[1]);
    for (const words of [['--security-opt', 'label=disable'], ['--privileged'], ['--pid', 'host']]) assert.equal(await seen(...words), 'system_u:system_r:base_t:s0', words.join(' '));
    assert.match((await daemon.run('docker', ['create', '--security-opt', 'label=nonsense', 'busybox'])).stderr, /Bad label option "nonsense"/);
    assert.match((await daemon.run('docker', ['run', '--rm', '-v', '/etc:/x:Z', 'busybox'])).stderr, /error setting label on mount source '\/etc': SELinux relabeling of \/etc is not allowed/);
    await docker('rm', '--force', 'box');
  });
});
