/** naru-runtime's checkpoint and restore by CRIU itself; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, suite, test } from 'node:test';
import { attachedDevicePrograms } from '#kernel';
import type { OciSpec } from '#spec';
import { until } from '../../support/command.ts';

const program = ['--single-threaded', '/naru/dist/naru-runtime/start.cjs', '--root', '/tmp/states'];

suite('checkpoint and restore', () => {
  let bundle: string;
  let plain: OciSpec;
  const at = (name: string) => join(bundle, name);

  before(() => {
    bundle = mkdtempSync('/var/tmp/bundle-');
    for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'real']) mkdirSync(at(`rootfs/${name}`), { recursive: true });
    execFileSync('sh', ['-c', `cp /bin/busybox ${bundle}/rootfs/bin && chroot ${bundle}/rootfs /bin/busybox --install -s /bin`]);
    assert.equal(runtime('spec').status, 0);
    plain = JSON.parse(readFileSync(at('config.json'), 'utf8')) as OciSpec;
  });
  afterEach(() => {
    for (const id of existsSync('/tmp/states') ? readdirSync('/tmp/states') : []) runtime('delete', '--force', id);
    for (const name of ['images', 'before', 'work']) rmSync(at(name), { recursive: true, force: true });
  });

  /** With its stdio on the null device, or on the files given for stdout. */
  function runtime(...words: string[]) {
    return spawnSync('node', [...program, ...words], { cwd: bundle, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** What stays has the null device for its stdio, and says what went wrong by its log. */
  function detached(...words: string[]): void {
    const { status } = spawnSync('node', [...program, '--log', at('log'), ...words], { cwd: bundle, stdio: 'ignore' });
    assert.equal(status, 0, [at('log'), at('images/dump.log'), at('images/restore.log'), at('work/restore.log')].filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8').split('\n').slice(-30).join('\n')).join('\n'));
  }

  function configure(script: string, change: (spec: OciSpec) => void = () => undefined): void {
    const spec = structuredClone(plain);
    Object.assign(spec.process ?? {}, { terminal: false, args: ['sh', '-c', script] });
    Object.assign(spec.root ?? {}, { readonly: false });
    change(spec);
    writeFileSync(at('config.json'), JSON.stringify(spec));
  }

  const stateOf = (id: string) => JSON.parse(runtime('state', id).stdout) as { pid: number; status: string };
  const inside = (id: string, ...command: string[]) => runtime('exec', id, ...command).stdout.trim();
  /** Counts in its memory, and tells each number by a file of its tmpfs. */
  const counting = 'i=0; while sleep 0.2; do i=$((i+1)); echo $i > /dev/shm/count; done';
  const pidOf = (id: string) => (JSON.parse(readFileSync(`/tmp/states/${id}/state.json`, 'utf8')) as { pid: number }).pid;
  /** A file of the container's: starting a command inside takes a while here. */
  const read = (id: string, path: string) => readFileSync(`/proc/${pidOf(id)}/root/${path}`, 'utf8').trim();
  const count = (id: string) => Number(read(id, '/dev/shm/count'));
  const told = (id: string) => until('it counts', async () => count(id) > 0 && count(id));

  test('what was running goes on: memory, files, mounts inside mounts, limits', async () => {
    mkdirSync(at('data'));
    symlinkSync('/real', at('rootfs/link'));
    configure(counting, (spec) => {
      spec.mounts?.push({ destination: '/link', type: 'bind', source: at('data'), options: ['bind'] }, { destination: '/real/inner', type: 'bind', source: at('rootfs/tmp'), options: ['rbind', 'ro'] });
      Object.assign(spec.linux?.resources ?? {}, { memory: { limit: 64 << 20 }, pids: { limit: 20 } });
    });
    detached('run', '--detach', 'one');
    const counted = await told('one');
    detached('checkpoint', '--image-path', at('images'), 'one');
    assert.match(runtime('state', 'one').stderr, /container does not exist/);
    rmSync(at('data/inner'), { recursive: true });
    detached('restore', '--detach', '--pid-file', at('pid'), '--image-path', at('images'), '--work-path', at('work'), 'one');
    const { pid, status } = stateOf('one');
    assert.deepEqual([status, pid], ['running', Number(readFileSync(at('pid'), 'utf8'))]);
    assert.ok(count('one') >= counted);
    assert.equal(inside('one', 'sh', '-c', 'cat /proc/self/cgroup; echo new > /link/file; ls -d /real/inner; touch /real/inner/x 2>/dev/null || echo refused'), '0::/\n/real/inner\nrefused');
    assert.equal(readFileSync(at('data/file'), 'utf8'), 'new\n');
    const cgroup = '/sys/fs/cgroup/one';
    assert.deepEqual(['memory.max', 'pids.max'].map((name) => readFileSync(join(cgroup, name), 'utf8').trim()), [String(64 << 20), '20']);
    assert.equal(attachedDevicePrograms(cgroup).length, 1);
    assert.equal(runtime('delete', '--force', 'one').status, 0);
    assert.deepEqual([existsSync(cgroup), readdirSync('/tmp/states'), readFileSync('/proc/mounts', 'utf8').includes(bundle)], [false, [], false]);
  });
});
