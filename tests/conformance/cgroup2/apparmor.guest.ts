/** AppArmor's profiles, by the runtime and by narud; runs inside the guest that ../cgroup2.test.ts boots, whose kernel has AppArmor on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { securityModules } from '#kernel';
import type { Task } from '#runtime';
import { collect, RuntimeWorld } from '../../support/bundle.ts';
import { Daemon } from '../../support/daemon.ts';

const quiet = { terminal: false, stdin: false, stdinOnce: false, log: undefined };
const all = { stdin: false, stdout: true, stderr: true };
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };

/** Both let everything be done but write to one place each. */
const profiles = ['first', 'second'].map((name) => `profile ${name} flags=(attach_disconnected) {\n  network,\n  capability,\n  file,\n  signal,\n  ptrace,\n  deny /tmp/${name} w,\n}\n`).join('');
const probe = 'cat /proc/self/attr/current; for name in first second; do echo > /tmp/$name 2>/dev/null && echo $name; done; :';

suite('AppArmor and the runtime', () => {
  let world: RuntimeWorld;
  before(() => {
    execFileSync('/sbin/apparmor_parser', ['-Kr'], { input: profiles });
    world = new RuntimeWorld();
    chmodSync(world.directory, 0o755); // root of another user namespace has to get in
  });
  after(() => world?.[Symbol.asyncDispose]());

  async function execIn(task: Task, labels: { apparmorProfile?: string }): Promise<string> {
    const exec = await task.exec(`x${Math.random()}`, { args: ['sh', '-c', probe], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 }, ...labels }, quiet);
    return (await collect(await exec.attach(all))).stdout;
  }

  test('the first process has its profile, an exec that or its own; no new privileges does not stand in the way', async () => {
    assert.equal(securityModules().apparmor, 'self/attr/apparmor/exec');
    const task = await world.create(['sleep', '100'], (spec) => Object.assign(spec.process ?? {}, { apparmorProfile: 'first', noNewPrivileges: true }));
    await task.start();
    assert.equal(readFileSync(`/proc/${task.pid}/attr/current`, 'utf8'), 'first (enforce)\n');
    assert.equal(await execIn(task, {}), 'first (enforce)\nsecond\n');
    assert.equal(await execIn(task, { apparmorProfile: 'second' }), 'second (enforce)\nfirst\n');
    await task.delete(true);
  });

  test('so it is in a user namespace of its own', async () => {
    const maps = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    const task = await world.create(['sleep', '100'], (spec) => {
      spec.linux?.namespaces?.push({ type: 'user' });
      Object.assign(spec.linux ?? {}, { uidMappings: maps, gidMappings: maps });
      Object.assign(spec.process ?? {}, { apparmorProfile: 'first' });
    });
    await task.start();
    assert.equal(readFileSync(`/proc/${task.pid}/attr/current`, 'utf8'), 'first (enforce)\n');
    assert.match(await execIn(task, { apparmorProfile: 'second' }), /^second \(enforce\)\n/);
    await task.delete(true);
  });

  test('a profile that is not loaded is told in runC\'s words, and leaves nothing', async () => {
    await assert.rejects(world.create(['true'], (spec) => Object.assign(spec.process ?? {}, { apparmorProfile: 'nosuch' })), /error during container init: unable to apply apparmor profile: apparmor failed to apply profile: write \/proc\/self\/attr\/apparmor\/exec: no such file or directory/);
  });
});

/** In the short form ./daemon.guest.ts sees that narud's containers have it. */
suite('AppArmor and narud', long, () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await Daemon.start();
    await docker('import', '-c', 'CMD ["sh"]', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox');
  });
  after(() => daemon?.[Symbol.asyncDispose]());
  const docker = (...words: string[]) => daemon.ok('docker', words);
  const profileOf = (name: string) => docker('inspect', '--format', '{{.AppArmorProfile}}', name);

  test('its containers have docker-default, which keeps them from mounting; so have their execs', async () => {
    assert.match(await docker('info', '--format', '{{.SecurityOptions}}'), /^\[name=apparmor /);
    await docker('run', '-d', '--init', '--name', 'box', '--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined', 'busybox', 'sleep', '1000');
    assert.equal(await profileOf('box'), 'docker-default');
    assert.match((await daemon.run('docker', ['exec', 'box', 'sh', '-c', 'cat /proc/1/attr/current /proc/self/attr/current; mount -t tmpfs none /tmp'])).stdout, /^docker-default \(enforce\)\ndocker-default \(enforce\)$/m);
    assert.match((await daemon.run('docker', ['exec', 'box', 'mount', '-t', 'tmpfs', 'none', '/tmp'])).stderr, /permission denied/i);
    for (const denied of ['chmod 755 /proc/cpuinfo', 'echo 1 > /proc/sys/vm/drop_caches', 'cat /proc/kcore']) assert.match((await daemon.run('docker', ['exec', '--privileged', 'box', 'sh', '-c', denied])).stderr, /permission denied|read-only/i, denied);
    assert.match(await docker('exec', 'box', 'sh', '-c', 'sleep 9 & kill $!; readlink /proc/1/ns/net'), /^net:/);
  });

  test('a named profile, none, and none for who is privileged; a profile that went is loaded again', async () => {
    const seen = (...words: string[]) => docker('run', '--rm', ...words, 'busybox', 'cat', '/proc/self/attr/current');
    execFileSync('/sbin/apparmor_parser', ['-KR'], { input: 'profile docker-default {}\n' });
    assert.equal(await docker('exec', 'box', 'cat', '/proc/self/attr/current'), 'docker-default (enforce)');
    assert.deepEqual([await seen('--security-opt', 'apparmor=first'), await seen('--security-opt', 'apparmor=unconfined'), await seen('--privileged')], ['first (enforce)', 'unconfined', 'unconfined']);
    assert.match((await daemon.run('docker', ['run', '--security-opt', 'apparmor=nosuch', '--name', 'lost', 'busybox'])).stderr, /unable to apply apparmor profile: apparmor failed to apply profile: write \/proc\/self\/attr\/apparmor\/exec: no such file or directory/);
    await docker('stop', '-t', '1', 'box');
    assert.equal(await docker('inspect', '--format', '{{.State.ExitCode}}', 'box'), '143', 'an init that takes its signals');
    await docker('rm', 'box', 'lost');
  });
});
