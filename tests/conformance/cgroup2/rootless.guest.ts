/** An ordinary user's containers where a cgroup of v2 is his, and where none is; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { OciSpec } from '#spec';
import { until } from '../../support/command.ts';
import { cgroups, delegate, GuestUser } from '../../support/guest-user.ts';
import { GuestUserDaemon } from '../../support/guest-user-daemon.ts';

/** Emulation is slow. */
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };
const limits = { memory: { limit: 32 << 20, swap: 32 << 20 }, pids: { limit: 12 }, cpu: { quota: 50_000, period: 100_000 } };
const limitFiles = ['memory.max', 'pids.max', 'cpu.max'];
const limitTexts = [String(32 << 20), '12', '50000 100000'];
const forks = 'for i in $(seq 30); do sleep 60 & done';
const hog = 'exec dd if=/dev/zero of=/dev/shm/hog bs=1M count=60';

suite('an ordinary user on cgroup v2', long, () => {
  const user = new GuestUser();
  before(() => {
    delegate('his', user.uid);
    for (const name of ['shell', 'other']) {
      mkdirSync(join(cgroups, 'his', name));
      for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control']) chownSync(join(cgroups, 'his', name, file), user.uid, user.uid);
    }
  });
  const files = (path: string, names: readonly string[]) => names.map((name) => readFileSync(join(cgroups, path, name), 'utf8').trim());

  suite('naru-runtime', () => {
    let bundle: string;
    let plain: OciSpec;
    const runtime = (cgroup: string, ...words: string[]) => user.run(['node', '/naru/dist/naru-runtime/start.cjs', '--root', join(user.home, 'states'), ...words], { cgroup, cwd: bundle });
    const configure = (script: string, change: (spec: OciSpec) => void = () => undefined) => {
      const spec = structuredClone(plain);
      Object.assign(spec.process ?? {}, { terminal: false, args: ['sh', '-c', script] });
      change(spec);
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
    };
    const limited = (spec: OciSpec) => void Object.assign(spec.linux ?? {}, { resources: limits });

    before(() => {
      bundle = join(user.home, 'bundle');
      mkdirSync(join(bundle, 'rootfs'), { recursive: true });
      execFileSync('sh', ['-c', `tar -xf /images/busybox.tar -C ${bundle}/rootfs && chown -R 1000:1000 ${bundle}`]);
      assert.deepEqual(runtime('his/shell', 'spec', '--rootless'), { code: 0, stdout: '', stderr: '' });
      plain = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as OciSpec;
    });

    test('limits hold in a cgroup beside the one that he is in, and later commands find it from elsewhere', () => {
      configure('sleep 1000', limited);
      assert.deepEqual(runtime('his/shell', 'run', '--detach', 'one'), { code: 0, stdout: '', stderr: '' });
      assert.deepEqual(files('his/one', limitFiles), limitTexts);
      const { pid } = JSON.parse(runtime('his/other', 'state', 'one').stdout) as { pid: number };
      assert.equal(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), '0::/his/one\n');
      assert.match(runtime('his/other', 'exec', 'one', 'sh', '-c', `cat /proc/self/cgroup; ${forks}`).stderr, /can't fork|Resource temporarily unavailable/);
      assert.match(files('his/one', ['pids.events'])[0] ?? '', /^max [1-9]/);
      assert.equal(runtime('his/other', 'pause', 'one').code, 0);
      assert.deepEqual(files('his/one', ['cgroup.freeze']), ['1']);
      assert.equal(runtime('his/shell', 'resume', 'one').code, 0);
      const { data } = JSON.parse(runtime('his/shell', 'events', '--stats', 'one').stdout) as { data: { memory: { usage: { limit: number } }; pids: { limit: number } } };
      assert.deepEqual([data.memory.usage.limit, data.pids.limit], [32 << 20, 12]);
      assert.equal(runtime('his/shell', 'update', '--memory', '67108864', '--memory-swap', '67108864', 'one').code, 0);
      assert.deepEqual(files('his/one', ['memory.max']), [String(64 << 20)]);
      assert.equal(runtime('his/other', 'delete', '--force', 'one').code, 0);
      assert.equal(existsSync(join(cgroups, 'his/one')), false);
    });

    test('want of memory ends it', () => {
      configure(hog, limited);
      assert.equal(runtime('his/shell', 'run', 'two').code, 137);
      assert.equal(existsSync(join(cgroups, 'his/two')), false);
    });

    test('where no cgroup is his a container without limits stays where he is; limits and a path are refused in runC\'s words', () => {
      const shown = (spec: OciSpec) => void Object.assign(spec.linux ?? {}, { namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup') });
      configure('cat /proc/self/cgroup', shown);
      mkdirSync(join(cgroups, 'session'), { recursive: true });
      assert.deepEqual(runtime('session', 'run', 'three'), { code: 0, stdout: '0::/session\n', stderr: '' });
      configure('true', limited);
      assert.match(runtime('session', 'run', 'three').stderr, /rootless needs no limits \+ no cgrouppath when no permission is granted for cgroups/);
      configure('true', (spec) => void (spec.linux = { ...spec.linux, cgroupsPath: '/elsewhere/three' }));
      assert.match(runtime('session', 'run', 'three').stderr, /permission denied/);
      configure('true', (spec) => void (spec.linux = { ...spec.linux, cgroupsPath: '/his/deep/three', resources: limits }));
      assert.equal(runtime('his/shell', 'run', 'three').code, 0, 'a path from the root that is his');
      assert.equal(runtime('session', 'list', '-q').stdout, '');
    });
  });

  suite('narud', () => {
    const daemon = new GuestUserDaemon(user, 'session');
    const ok = (...words: string[]) => daemon.ok(...words);
    const inspected = (name: string, format: string) => ok('inspect', '--format', format, name);
    const cgroupOf = (name: string) => /^0::(.*)$/m.exec(readFileSync(`/proc/${inspected(name, '{{.State.Pid}}')}/cgroup`, 'utf8'))?.[1] ?? '';
    before(() => mkdirSync(join(cgroups, 'session'), { recursive: true }));
    after(() => daemon.down('SIGKILL'));

    test('limits hold in the cgroup that was delegated to him: figures, pause, exec, want of memory', async () => {
      await daemon.up('his/shell');
      ok('import', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox');
      assert.equal(ok('info', '--format', '{{.CgroupVersion}} {{.MemoryLimit}} {{.PidsLimit}} {{.CPUCfsQuota}}'), '2 true true true');
      ok('run', '-d', '--name', 'box', '--memory', '32m', '--memory-swap', '32m', '--pids-limit', '12', '--cpus', '0.5', 'busybox', 'sleep', '1000');
      assert.match(cgroupOf('box'), /^\/his\/shell\/naru\S*\/[0-9a-f]{64}$/);
      assert.deepEqual(files(cgroupOf('box'), limitFiles), limitTexts);
      daemon.docker('exec', 'box', 'sh', '-c', forks);
      assert.match(files(cgroupOf('box'), ['pids.events'])[0] ?? '', /^max [1-9]/);
      assert.match(ok('stats', '--no-stream', '--format', '{{.MemUsage}}', 'box'), /^[\d.]+[KM]iB \/ 32MiB$/);
      ok('pause', 'box');
      assert.deepEqual([inspected('box', '{{.State.Status}}'), ...files(cgroupOf('box'), ['cgroup.freeze'])], ['paused', '1']);
      ok('unpause', 'box');
      assert.equal(daemon.docker('run', '--name', 'hog', '--memory', '16m', '--memory-swap', '16m', 'busybox', 'sh', '-c', hog).code, 137);
      assert.equal(inspected('hog', '{{.State.OOMKilled}}'), 'true');
    });

    test('a daemon that comes back in another cgroup of his finds containers where they are', async () => {
      await daemon.down('SIGKILL');
      await daemon.up('his/other');
      assert.match(cgroupOf('box'), /^\/his\/shell\//);
      assert.equal(ok('exec', 'box', 'cat', '/sys/fs/cgroup/memory.max'), String(32 << 20));
      ok('update', '--memory', '64m', '--memory-swap', '64m', 'box');
      assert.deepEqual(files(cgroupOf('box'), ['memory.max']), [String(64 << 20)]);
      const directory = cgroupOf('box');
      ok('rm', '--force', 'box', 'hog');
      await until('its cgroup has gone, behind its end', async () => !existsSync(join(cgroups, directory)));
      await daemon.down('SIGTERM');
    });

    test('where nothing is delegated limits are discarded with a warning, and pause says why it cannot be', async () => {
      await daemon.up('session');
      assert.equal(ok('info', '--format', '{{.CgroupDriver}} {{.CgroupVersion}} {{.MemoryLimit}} {{.PidsLimit}} {{index .Warnings 0}}'), 'none 2 false false WARNING: Running in rootless-mode without cgroups. Systemd is required to enable cgroups in rootless-mode.');
      const { code, stderr } = daemon.docker('run', '-d', '--name', 'box', '--memory', '32m', 'busybox', 'sleep', '1000');
      assert.deepEqual([code, /Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded./.test(stderr)], [0, true], stderr);
      assert.equal(ok('exec', 'box', 'echo', 'in'), 'in');
      assert.match(daemon.docker('pause', 'box').stderr, /none was delegated to this user/);
      ok('rm', '--force', 'box');
      await daemon.down('SIGTERM');
    });
  });
});
