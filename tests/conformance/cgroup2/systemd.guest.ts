/** naru-runtime --systemd-cgroup where systemd is process 1; runs inside the guest that ../systemd.test.ts boots. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import type { OciSpec } from '#spec';

const cgroups = '/sys/fs/cgroup';

suite('a container as a unit of systemd', () => {
  let bundle: string;
  let plain: OciSpec;
  const runtime = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync('node', ['/naru/dist/naru-runtime/start.cjs', '--root', join(bundle, 'state'), ...words], { cwd: bundle, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return { code: status, stdout, stderr };
  };
  /** What stays holds its stdio, which is a file here. */
  const detached = (...words: string[]) => spawnSync('sh', ['-c', '"$@" </dev/null >out 2>&1; code=$?; cat out; exit $code', 'sh', 'node', '/naru/dist/naru-runtime/start.cjs', '--root', join(bundle, 'state'), ...words], { cwd: bundle, encoding: 'utf8' });
  const shown = (unit: string, ...properties: string[]) => execFileSync('systemctl', ['show', unit, ...properties.map((name) => `--property=${name}`)], { encoding: 'utf8' }).trim().split('\n').toSorted();
  /** systemd forgets a unit when it next looks round. */
  function gone(unit: string): void {
    for (let tries = 0; shown(unit, 'LoadState')[0] !== 'LoadState=not-found'; tries++) {
      assert.ok(tries < 300, `${unit} is still there`);
      execFileSync('sleep', ['0.1']);
    }
  }
  const file = (path: string, name: string) => readFileSync(join(cgroups, path, name), 'utf8').trim();

  function configure(cgroupsPath: string | undefined, args: string[], change: (spec: OciSpec) => void = () => undefined): void {
    const spec = structuredClone(plain);
    Object.assign(spec.process ?? {}, { terminal: false, args });
    Object.assign(spec.linux ?? {}, { cgroupsPath, namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup') });
    change(spec);
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
  }

  before(() => {
    bundle = mkdtempSync('/tmp/bundle-');
    for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp']) mkdirSync(join(bundle, 'rootfs', name), { recursive: true });
    execFileSync('sh', ['-c', `cp /bin/busybox ${bundle}/rootfs/bin && chroot ${bundle}/rootfs /bin/busybox --install -s /bin`]);
    assert.equal(runtime('spec').code, 0);
    plain = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as OciSpec;
  });

  test('slice:prefix:name is a scope with the limits of the spec, and what update makes of them', () => {
    configure('naru-test.slice:box:one', ['sleep', '1000'], (spec) => {
      Object.assign(spec.linux?.resources ?? {}, { memory: { limit: 64 << 20, reservation: 32 << 20 }, cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: '1' }, pids: { limit: 20 } });
      spec.annotations = { 'org.systemd.property.TimeoutStopSec': '7' };
    });
    const made = detached('--systemd-cgroup', 'run', '--detach', 'one');
    assert.deepEqual([made.status, made.stdout], [0, '']);
    const path = 'naru.slice/naru-test.slice/box-one.scope';
    const pid = (JSON.parse(runtime('state', 'one').stdout) as { pid: number }).pid;
    assert.equal(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), `0::/${path}\n`);
    assert.equal(file(path, 'cgroup.procs'), String(pid), 'the placeholder has gone');
    const names = ['ActiveState', 'Slice', 'Delegate', 'MemoryMax', 'MemoryLow', 'TasksMax', 'CPUQuotaPerSecUSec', 'CPUWeight', 'AllowedCPUs', 'TimeoutStopUSec'];
    assert.deepEqual(shown('box-one.scope', ...names), ['ActiveState=active', 'AllowedCPUs=1', 'CPUQuotaPerSecUSec=500ms', 'CPUWeight=59', 'Delegate=yes', `MemoryLow=${32 << 20}`, `MemoryMax=${64 << 20}`, 'Slice=naru-test.slice', 'TasksMax=20', 'TimeoutStopUSec=7s']);
    assert.deepEqual(['memory.max', 'pids.max', 'cpu.max', 'cpu.weight'].map((name) => file(path, name)), [String(64 << 20), '20', '50000 100000', '59']);
    assert.equal(runtime('update', '--memory', '128m', '--pids-limit', '-1', 'one').code, 0);
    assert.deepEqual(shown('box-one.scope', 'MemoryMax', 'TasksMax'), [`MemoryMax=${128 << 20}`, 'TasksMax=infinity']);
    execFileSync('systemctl', ['daemon-reload']); // writes what systemd believes once more
    assert.deepEqual([file(path, 'memory.max'), file(path, 'pids.max')], [String(128 << 20), 'max']);
    assert.equal(runtime('exec', 'one', 'cat', '/proc/self/cgroup').stdout, `0::/${path}\n`);
    assert.equal(runtime('delete', '--force', 'one').code, 0);
    assert.equal(existsSync(join(cgroups, path)), false);
    gone('box-one.scope');
  });

  test('without a path it is a scope of system.slice; it goes with the container', () => {
    configure(undefined, ['cat', '/proc/self/cgroup']);
    assert.deepEqual(runtime('--systemd-cgroup', 'run', 'two'), { code: 0, stdout: '0::/system.slice/runc-two.scope\n', stderr: '' });
    gone('runc-two.scope');
  });

  test('what fails leaves no unit; what systemd refuses is told', () => {
    configure(undefined, ['nosuch']);
    assert.match(runtime('--systemd-cgroup', 'run', 'three').stderr, /executable file not found/);
    gone('runc-three.scope');
    configure(undefined, ['true'], (spec) => void (spec.annotations = { 'org.systemd.property.NoSuchThing': 'true' }));
    assert.match(runtime('--systemd-cgroup', 'run', 'three').stderr, /NoSuchThing/);
    assert.equal(existsSync(join(bundle, 'state/three')), false);
  });
});
