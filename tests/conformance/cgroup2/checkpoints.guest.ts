/** docker checkpoint by CRIU itself; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';

/** Emulation is slow: each dump and restore takes seconds. */
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };

suite('checkpoints of containers', long, () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await Daemon.start('--experimental');
    await docker('import', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox');
  });
  after(() => daemon?.[Symbol.asyncDispose]());
  const docker = (...words: string[]) => daemon.ok('docker', words);
  const counted = async () => Number((await docker('logs', '--tail', '1', 'counter')).trim());

  test('a container goes on where it was: its memory, its network, its log', async () => {
    await docker('run', '-d', '--name', 'counter', '--memory', '64m', 'busybox', 'sh', '-c', 'i=0; while sleep 0.2; do i=$((i+1)); echo $i; done');
    await until('it counts', async () => (await counted()) > 3);
    assert.equal(await docker('exec', 'counter', 'echo', 'in'), 'in', 'an exec leaves nothing that is in the way');
    assert.equal(await docker('checkpoint', 'create', 'counter', 'one'), 'one');
    assert.equal(await docker('wait', 'counter'), '137');
    const last = await counted();
    await docker('start', '--checkpoint', 'one', 'counter');
    await until('it counts on', async () => (await counted()) > last);
    const numbers = (await docker('logs', 'counter')).split('\n').map(Number);
    assert.deepEqual(numbers.filter((number, index) => number <= (numbers[index - 1] ?? 0)), [], 'it never begins again');
    assert.equal(readFileSync(`/proc/${await docker('inspect', '--format', '{{.State.Pid}}', 'counter')}/attr/current`, 'utf8'), 'docker-default (enforce)\n', 'as confined as before');
    const address = await docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'counter'); // it may be another
    assert.match(await docker('exec', 'counter', 'ip', '-4', 'address', 'show', 'eth0'), new RegExp(`inet ${address}/`));
    await docker('rm', '--force', 'counter');
  });
});
