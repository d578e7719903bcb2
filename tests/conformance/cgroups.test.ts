/** Cgroups on this machine's own hierarchies, with a process of ours in them. Needs root. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { Cgroup } from '#kernel';
import { until } from '../support/command.ts';

suite('cgroups', () => {
  const parent = new Cgroup(`/naru-test-cgroups-${process.pid}`);
  after(() => parent.remove());

  async function withProcess(name: string, work: (cgroup: Cgroup, pid: number) => Promise<void>): Promise<void> {
    const cgroup = new Cgroup(`${parent.path}/${name}`);
    await cgroup.create();
    const child = spawn('sleep', ['100']);
    const ended = once(child, 'exit');
    try {
      for (const directory of cgroup.directories) writeFileSync(join(directory, 'cgroup.procs'), String(child.pid));
      await work(cgroup, child.pid ?? assert.fail());
    } finally {
      child.kill('SIGKILL');
      if (cgroup.frozen) await cgroup.thaw();
      await ended;
      await cgroup.remove();
    }
    assert.deepEqual(cgroup.directories.filter((directory) => existsSync(directory)), []);
  }

  test('every hierarchy has it, with who is in it and below it', () =>
    withProcess('members', async (cgroup, pid) => {
      assert.ok(cgroup.directories.every((directory) => existsSync(directory)));
      const inner = cgroup.directoryOf('pids') ?? cgroup.unified ?? '';
      mkdirSync(join(inner, 'inner'));
      writeFileSync(join(inner, 'inner/cgroup.procs'), String(pid));
      assert.deepEqual(cgroup.pids(), [pid]);
    }));

  test('a period goes with the quota that comes with it, not with the one that was', async () => {
    await using stack = new AsyncDisposableStack();
    const made = async (path: string): Promise<Cgroup> => {
      const cgroup = new Cgroup(path);
      stack.defer(() => cgroup.remove());
      await cgroup.create();
      return cgroup;
    };
    (await made(`${parent.path}/pod`)).apply({ cpu: { quota: 50_000, period: 100_000 } });
    const inner = await made(`${parent.path}/pod/inner`);
    inner.apply({ cpu: { quota: 40_000, period: 100_000 } });
    inner.apply({ cpu: { quota: 3000, period: 10_000 } }); // 40000 of 10000 would be more than the pod has
    const v1 = inner.directoryOf('cpu');
    const text = (file: string): string => readFileSync(join(v1 ?? inner.unified ?? '', file), 'utf8').trim();
    assert.equal(v1 ? `${text('cpu.cfs_quota_us')} ${text('cpu.cfs_period_us')}` : text('cpu.max'), '3000 10000');
    if (v1) assert.throws(() => inner.apply({ cpu: { quota: 30_000, period: 10_000 } }), /invalid argument/); // v2 lets a child be promised more
  });

  test('resources are written, counters read', () =>
    withProcess('resources', async (cgroup) => {
      cgroup.apply({ memory: { limit: 64 << 20 }, pids: { limit: 7 }, cpu: { shares: 512, quota: 50000, period: 100000, cpus: '0' } });
      const { memory, pids } = cgroup.stats();
      assert.deepEqual([memory.limit, pids.limit, pids.current], [64 << 20, 7, 1]);
      cgroup.apply({ pids: { limit: -1 } });
      assert.equal(cgroup.stats().pids.limit, undefined);
    }));

  test('device rules replace those inherited', () =>
    withProcess('devices', async (cgroup) => {
      cgroup.apply({ devices: [{ allow: false, access: 'rwm' }, { allow: true, type: 'c', major: 10, minor: 201, access: 'rw' }] });
      const directory = cgroup.directoryOf('devices');
      if (!directory) return; // v2 has no list to read: the program is tested by running it
      const rules = readFileSync(join(directory, 'devices.list'), 'utf8').trim().split('\n');
      assert.ok(rules.includes('c 10:201 rw') && rules.includes('c 1:3 rwm') && !rules.includes('a *:* rwm'));
    }));

  test('what the kernel refuses is told with the file and the value', () =>
    withProcess('refused', async (cgroup) => {
      assert.throws(() => cgroup.apply({ cpu: { cpus: '4000' } }), /failed to write "4000": .*cpuset\.cpus|Numerical result|EINVAL|ERANGE/);
    }));

  test('frozen and thawed', () =>
    withProcess('freezer', async (cgroup, pid) => {
      await cgroup.freeze();
      assert.equal(cgroup.frozen, true);
      assert.match(readFileSync(`/proc/${pid}/stat`, 'utf8'), /\) [DS] /);
      await cgroup.thaw();
      assert.equal(cgroup.frozen, false);
    }));

  test('where one process does not stand still, all go on again', () =>
    withProcess('stubborn', async ({ path, layout }, pid) => {
      class Stubborn extends Cgroup {
        override get frozen(): boolean {
          return false;
        }
      }
      await assert.rejects(new Stubborn(path, layout).freeze(), /unable to freeze: \S+ does not change/);
      await until('the process sleeps again', async () => /\) S /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))); // for which it must have had a CPU
      assert.equal(new Cgroup(path, layout).frozen, false);
    }));

  test('one that is gone is killed, ended and thawed without complaint', async () => {
    const gone = new Cgroup(`${parent.path}/gone`);
    gone.kill(9);
    await gone.end();
    await gone.thaw();
    await assert.rejects(gone.freeze(), { code: 'ENOENT' });
    await gone.remove();
  });

  test('killed', () =>
    withProcess('kill', async (cgroup) => {
      cgroup.kill(9);
      while (cgroup.pids().length > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }));
});
