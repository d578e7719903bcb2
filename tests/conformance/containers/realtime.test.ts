/** `--cpu-rt-*` of the daemon and of containers: v1's real-time scheduling, which a cgroup has no more of than its parents. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { cgroupLayout } from '#kernel';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

const cpu = cgroupLayout().v1.find(({ controllers }) => controllers.includes('cpu'))?.mountPoint;
const skip = cpu && existsSync(join(cpu, 'cpu.rt_runtime_us')) ? false : 'this kernel schedules nothing in real time by cgroups of v1';

async function withBox(flags: readonly string[], work: (docker: (...words: string[]) => ReturnType<Daemon['run']>) => Promise<void>): Promise<void> {
  await using daemon = await Daemon.start(...flags);
  await daemon.ok('docker', ['import', '-c', 'ENV PATH=/bin', await busyboxTar(), 'busybox']);
  await work((...words) => daemon.run('docker', words));
  await daemon.run('docker', ['rm', '--force', 'box']);
}

suite('real-time scheduling', { skip }, () => {
  const figures = (directory: string) => ['cpu.rt_period_us', 'cpu.rt_runtime_us'].map((name) => Number(readFileSync(join(cpu ?? '', directory, name), 'utf8')));

  test('the daemon\'s share is its containers\' parent\'s, and containers have as much of it as they ask for', () =>
    withBox(['--cpu-rt-period', '1000000', '--cpu-rt-runtime', '6000'], async (docker) => {
      const { code, stderr } = await docker('run', '-d', '--name', 'box', '--cpu-rt-period', '500000', '--cpu-rt-runtime', '1000', 'busybox', 'sleep', '1000');
      assert.equal(code, 0, stderr);
      const pid = (await docker('inspect', '--format', '{{.State.Pid}}', 'box')).stdout.trim();
      const path = /^\d+:(?:\w+,)*cpu(?:,\w+)*:(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
      assert.deepEqual([figures(path), figures(dirname(path))], [[500_000, 1000], [1_000_000, 6000]]);
      assert.equal((await docker('update', '--cpu-rt-runtime', '2000', 'box')).code, 0);
      assert.deepEqual(figures(path), [500_000, 2000]);
      assert.match((await docker('run', '--rm', '--cpu-rt-runtime', '500000', 'busybox', 'true')).stderr, /cpu\.rt_runtime_us: invalid argument/);
    }));

  test('without it containers\' parents have none to give', () =>
    withBox([], async (docker) => {
      assert.match((await docker('run', '--name', 'box', '--cpu-rt-runtime', '1000', 'busybox', 'true')).stderr, /cpu\.rt_runtime_us: invalid argument/);
    }));
});
