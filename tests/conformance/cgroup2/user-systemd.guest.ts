/** An ordinary user's containers where systemd is process 1 and he has a manager, as a login gives; runs inside the guest that ../systemd.test.ts boots. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { OciSpec } from '#spec';
import { until } from '../../support/command.ts';
import { cgroups, GuestUser } from '../../support/guest-user.ts';
import { GuestUserDaemon } from '../../support/guest-user-daemon.ts';

/** Emulation is slow. */
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };
/** The manager's, the session that he logged in by, which is the system's own, and one of his own. */
const slice = '/user.slice/user-1000.slice';
const manager = `${slice}/user@1000.service`;
const session = `${slice}/session-1.scope`;
const own = `${manager}/shell`;
const limits = { memory: { limit: 32 << 20, swap: 32 << 20 }, pids: { limit: 12 }, cpu: { quota: 50_000, period: 100_000 } };
const limitTexts = [String(32 << 20), '12', '50000 100000'];

suite('an ordinary user with a manager of systemd\'s', long, () => {
  const user = new GuestUser();
  before(() => {
    for (const path of [session, own]) mkdirSync(join(cgroups, path));
    for (const name of ['', 'cgroup.procs', 'cgroup.subtree_control']) chownSync(join(cgroups, own, name), user.uid, user.uid);
  });
  const files = (path: string, names: readonly string[]) => names.map((name) => readFileSync(join(cgroups, path, name), 'utf8').trim());
  const limitFiles = ['memory.max', 'pids.max', 'cpu.max'];

  suite('naru-runtime --systemd-cgroup', () => {
    let bundle: string;
    let plain: OciSpec;
    const program = ['node', '/naru/dist/naru-runtime/start.cjs', '--root', '/home/user/states'];
    const byBus = { XDG_RUNTIME_DIR: '/run/user/none', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' };
    const configure = (script: string, change: (spec: OciSpec) => void = () => undefined) => {
      const spec = structuredClone(plain);
      Object.assign(spec.process ?? {}, { terminal: false, args: ['sh', '-c', script] });
      Object.assign(spec.linux ?? {}, { resources: limits, namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup') });
      change(spec);
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
    };
    before(() => {
      bundle = join(user.home, 'bundle');
      mkdirSync(join(bundle, 'rootfs'), { recursive: true });
      execFileSync('sh', ['-c', `tar -xf /images/busybox.tar -C ${bundle}/rootfs && chown -R 1000:1000 ${bundle}`]);
      assert.deepEqual(user.run([...program, 'spec', '--rootless'], { cgroup: session, cwd: bundle }), { code: 0, stdout: '', stderr: '' });
      plain = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as OciSpec;
    });

    for (const [from, cgroup, env] of [['a session of the system\'s', session, {}], ['a session, over his bus', session, byBus], ['a cgroup of his', own, {}]] as const) {
      test(`a scope with its limits, from ${from}`, () => {
        const runtime = (...words: string[]) => user.run([...program, '--systemd-cgroup', ...words], { cgroup, cwd: bundle, env });
        configure('sleep 1000');
        assert.deepEqual(runtime('run', '--detach', 'one'), { code: 0, stdout: '', stderr: '' });
        const path = `${manager}/user.slice/runc-one.scope`;
        const { pid } = JSON.parse(runtime('state', 'one').stdout) as { pid: number };
        assert.equal(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), `0::${path}\n`);
        assert.deepEqual(files(path, ['cgroup.procs', ...limitFiles]), [String(pid), ...limitTexts]);
        assert.deepEqual(runtime('exec', 'one', 'cat', '/proc/self/cgroup'), { code: 0, stdout: `0::${path}\n`, stderr: '' }, 'what is added is held by the limits too');
        const done = { code: 0, stdout: '', stderr: '' };
        assert.deepEqual(runtime('update', '--memory', '67108864', '--memory-swap', '67108864', 'one'), done);
        assert.deepEqual(files(path, ['memory.max']), [String(64 << 20)]);
        assert.deepEqual(runtime('pause', 'one'), done);
        assert.deepEqual(files(path, ['cgroup.freeze']), ['1']);
        assert.deepEqual(runtime('delete', '--force', 'one'), done);
        assert.equal(existsSync(join(cgroups, path)), false);
      });
    }

    test('a cgroup namespace has its root there, also where systemd alone may move the process', () => {
      configure('cat /proc/self/cgroup; cat /sys/fs/cgroup/memory.max', (spec) => void spec.linux?.namespaces?.push({ type: 'cgroup' }));
      assert.deepEqual(user.run([...program, '--systemd-cgroup', 'run', 'two'], { cgroup: session, cwd: bundle }), { code: 0, stdout: `0::/\n${32 << 20}\n`, stderr: '' });
    });

    test('root of a user namespace, as Podman calls it, reaches the manager of who he is outside', () => {
      const map = [{ containerID: 0, hostID: 0, size: 1 }];
      configure('cat /proc/self/cgroup', (spec) => void Object.assign(spec.linux ?? {}, { uidMappings: map, gidMappings: map }));
      for (const env of [{}, byBus]) {
        const { code, stdout, stderr } = user.run(['/usr/bin/unshare', '--user', '--map-root-user', ...program, '--systemd-cgroup', 'run', 'three'], { cgroup: own, cwd: bundle, env });
        assert.deepEqual([code, stdout], [0, `0::${manager}/user.slice/runc-three.scope\n`], stderr);
      }
    });
  });

  suite('narud', () => {
    const daemon = new GuestUserDaemon(user, session);
    const ok = (...words: string[]) => daemon.ok(...words);
    after(() => daemon.down('SIGKILL'));

    test('started in a session it has a scope of its own made, where limits hold', async () => {
      await daemon.up(session);
      ok('import', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox');
      assert.equal(ok('info', '--format', '{{.MemoryLimit}} {{.PidsLimit}} {{.CPUCfsQuota}}'), 'true true true');
      ok('run', '-d', '--name', 'box', '--memory', '32m', '--memory-swap', '32m', '--pids-limit', '12', '--cpus', '0.5', 'busybox', 'sleep', '1000');
      const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${ok('inspect', '--format', '{{.State.Pid}}', 'box')}/cgroup`, 'utf8'))?.[1] ?? '';
      assert.match(path, /^\/user\.slice\/user-1000\.slice\/user@1000\.service\/app\.slice\/naru-[0-9a-f]{8}\.scope\/naru\S*\/[0-9a-f]{64}$/);
      assert.deepEqual(files(path, limitFiles), limitTexts);
      assert.equal(ok('exec', 'box', 'cat', '/sys/fs/cgroup/memory.max'), String(32 << 20));
      ok('pause', 'box');
      assert.deepEqual(files(path, ['cgroup.freeze']), ['1']);
      ok('rm', '--force', 'box');
      await daemon.down('SIGTERM');
      await until('its scope has gone', async () => !existsSync(join(cgroups, path.split('/').slice(0, 6).join('/'))));
    });
  });
});
