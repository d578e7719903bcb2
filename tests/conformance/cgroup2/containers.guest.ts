/** Containers where there is nothing but cgroup v2; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachedDevicePrograms, Cgroup } from '#kernel';
import type { Task } from '#runtime';
import type { OciResources, OciSpec } from '#spec';
import { collect, RuntimeWorld } from '../../support/bundle.ts';

const quiet = { terminal: false, stdin: false, stdinOnce: false, log: undefined };
const all = { stdin: false, stdout: true, stderr: true };

suite('containers on cgroup v2', () => {
  let world: RuntimeWorld;
  before(() => {
    world = new RuntimeWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const within = (resources: OciResources) => (spec: OciSpec) => void Object.assign(spec.linux?.resources ?? {}, resources);
  const cgroupOf = (task: Task) => new Cgroup(`${world.cgroupParent}/${task.id}`);
  const file = (task: Task, name: string) => readFileSync(join(cgroupOf(task).unified ?? '', name), 'utf8').trim();

  async function started(args: string[], change?: (spec: OciSpec) => void): Promise<Task> {
    const task = await world.create(args, change);
    await task.start();
    return task;
  }

  async function execIn(task: Task, script: string): Promise<string> {
    const exec = await task.exec('x', { args: ['sh', '-c', script], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }, quiet);
    const { stdout, stderr } = await collect(await exec.attach(all));
    return stdout + stderr;
  }

  test('the guest has v2 and nothing else', () => {
    assert.deepEqual(new Cgroup('/').layout.v1, []);
    for (const controller of ['cpu', 'cpuset', 'io', 'memory', 'pids']) assert.ok(new Cgroup('/').layout.v2?.controllers.includes(controller), controller);
  });

  test('limits are what the spec says, and what update makes of them', async () => {
    const { rdev } = statSync('/dev/vda');
    const [major, minor] = [rdev >> 8, rdev & 0xff];
    const task = await started(['sleep', '100'], within({
      memory: { limit: 64 << 20, swap: 96 << 20, reservation: 32 << 20 },
      cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: '1' },
      pids: { limit: 20 },
      blockIO: { weight: 300, throttleReadBpsDevice: [{ major, minor, rate: 1 << 20 }] },
      unified: { 'memory.high': String(60 << 20), 'cgroup.max.depth': '5' },
    }));
    const names = ['memory.max', 'memory.swap.max', 'memory.low', 'memory.high', 'cpu.weight', 'cpu.max', 'cpuset.cpus.effective', 'pids.max', 'io.max', 'cgroup.max.depth'];
    assert.deepEqual(names.map((name) => file(task, name)), [
      String(64 << 20), String(32 << 20), String(32 << 20), String(60 << 20), '59', '50000 100000', '1', '20', `${major}:${minor} rbps=${1 << 20} wbps=max riops=max wiops=max`, '5',
    ]);
    assert.match(file(task, 'io.weight'), /default 2930|default 300/);
    await task.update({ memory: { limit: 128 << 20, swap: -1 }, pids: { limit: -1 }, cpu: { quota: -1, period: 100_000 } });
    assert.deepEqual(['memory.max', 'memory.swap.max', 'pids.max', 'cpu.max'].map((name) => file(task, name)), [String(128 << 20), 'max', 'max', 'max 100000']);
    const stats = await task.stats();
    assert.ok(stats.memory.usage > 0 && stats.cpu.total > 0 && stats.pids.current === 1, JSON.stringify(stats));
    assert.equal(stats.memory.limit, 128 << 20);
    await task.delete(true);
    assert.equal(existsSync(cgroupOf(task).unified ?? ''), false);
  });

  test('devices: a program decides; an update replaces it, it does not add one', async () => {
    const { rdev } = statSync('/dev/vda');
    const disk = { type: 'b', major: rdev >> 8, minor: rdev & 0xff, access: 'rwm' } as const;
    const rules = [{ allow: false, access: 'rwm' }, { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' }] as const;
    const task = await started(['sleep', '100'], (spec) => {
      within({ devices: [...rules] })(spec);
      delete spec.linux?.seccomp;
    });
    const tryDisk = `rm -f /tmp/disk; mknod /tmp/disk b ${disk.major} ${disk.minor} && head -c 1 /tmp/disk | wc -c`;
    assert.match(await execIn(task, tryDisk), /Operation not permitted/);
    await task.update({ devices: [...rules, { allow: true, ...disk }] });
    assert.equal((await execIn(task, tryDisk)).trim(), '1');
    await task.update({ devices: [...rules, { allow: false, ...disk }] });
    assert.match(await execIn(task, tryDisk), /Operation not permitted/);
    assert.equal(attachedDevicePrograms(cgroupOf(task).unified ?? '').length, 1);
    await task.delete(true);
  });

  test('paused, thawed, killed by cgroup.kill; a shim that waits does not spin', async () => {
    const task = await started(['sh', '-c', 'sleep 100 & sleep 100 & wait']);
    while ((await task.pids()).length < 3) await sleep(10);
    await task.pause();
    assert.deepEqual([task.status, /^frozen 1$/m.test(file(task, 'cgroup.events'))], ['paused', true]);
    const other = world.anotherRuntime();
    assert.equal((await other.load(task.id))?.status, 'paused');
    await task.resume();
    assert.match(file(task, 'cgroup.events'), /^frozen 0$/m);
    const shim = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${task.pid}/status`, 'utf8'))?.[1]);
    const ticks = () => readFileSync(`/proc/${shim}/stat`, 'utf8').split(' ').slice(13, 15).reduce((sum, value) => sum + Number(value), 0);
    const before = ticks();
    await sleep(500);
    assert.ok(ticks() - before <= 10, `${ticks() - before} ticks of 50`);
    await task.pause();
    await task.killAll(9);
    assert.equal((await task.wait()).code, 137);
    await other[Symbol.asyncDispose]();
    await task.delete();
    assert.deepEqual(world.leftovers(), []);
  });

  test('output that somebody holds open behind an exec is waited for a while, however the clock on the wall is set meanwhile', async () => {
    const task = await started(['sleep', '100']);
    const setter = spawn('sh', ['-c', 'now=$(date +%s); while :; do date -s "@$now" >/dev/null; done']);
    try {
      assert.equal(await execIn(task, 'sleep 1000 & echo begun'), 'begun\n');
    } finally {
      setter.kill('SIGKILL');
    }
    await task.delete(true);
  });

  test('want of memory is seen', async () => {
    const { exit } = await world.run(['sh', '-c', 'a=$(yes | head -c 60000000); sleep 100'], within({ memory: { limit: 16 << 20, swap: 16 << 20 } }));
    assert.deepEqual([exit.code, exit.oomKilled], [137, true]);
  });

  test('a container with a cgroup namespace sees itself as the root, read-only', async () => {
    const { stdout } = await world.sh('cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.controllers; echo 1 > /sys/fs/cgroup/cgroup.freeze || echo refused', (spec) => {
      spec.linux?.namespaces?.push({ type: 'cgroup' });
    });
    assert.match(stdout, /^0::\/\n.*\bmemory\b.*\nrefused\n$/);
  });

  test('a container that hands controllers down is still entered by exec, in the cgroup of its first process', async () => {
    const task = await started(['sh', '-c', 'cd /sys/fs/cgroup; mkdir init; echo $$ > init/cgroup.procs; echo +memory > cgroup.subtree_control; echo done > /tmp/done; sleep 100'], (spec) => {
      spec.linux?.namespaces?.push({ type: 'cgroup' });
      for (const mount of spec.mounts ?? []) if (mount.destination === '/sys/fs/cgroup') mount.options = ['rw', 'nosuid', 'noexec', 'nodev'];
    });
    while (file(task, 'cgroup.subtree_control') === '') await sleep(10);
    assert.equal(await execIn(task, 'cat /proc/self/cgroup'), '0::/init\n');
    await task.delete(true);
    assert.deepEqual(world.leftovers(), []);
  });

  test('a parent that cannot hand controllers down: containers without limits run, a limit is refused by name', async () => {
    const parent = new Cgroup(`${world.cgroupParent}/busy`);
    await parent.create();
    writeFileSync(join(parent.unified ?? '', 'cgroup.procs'), String(process.pid));
    try {
      const inBusy = (resources: OciResources) => (spec: OciSpec) => {
        if (spec.linux) Object.assign(spec.linux, { cgroupsPath: `${parent.path}/box`, resources });
      };
      assert.equal((await world.sh('echo up', inBusy({}))).stdout, 'up\n');
      await assert.rejects(world.sh('true', inBusy({ memory: { limit: 64 << 20 } })), /memory\.max/);
    } finally {
      writeFileSync(join(parent.layout.v2?.mountPoint ?? '', 'cgroup.procs'), String(process.pid));
      await parent.remove();
    }
  });

  test('a threaded cgroup cannot hold a container, and says so', async () => {
    const directory = join(new Cgroup(`${world.cgroupParent}/threads`).unified ?? '');
    mkdirSync(join(directory, 'box'), { recursive: true });
    writeFileSync(join(directory, 'box/cgroup.type'), 'threaded');
    await assert.rejects(world.sh('true', (spec) => {
      if (spec.linux) spec.linux.cgroupsPath = `${world.cgroupParent}/threads/box`;
    }), /cannot enter cgroupv2 .* it is in threaded mode/);
    if (existsSync(join(directory, 'box'))) rmdirSync(join(directory, 'box'));
  });
});
