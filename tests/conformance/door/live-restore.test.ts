/** Containers that do not outlive their daemon (`--live-restore=false`), and daemons that lay no packet rules (`--iptables=false`). */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { call } from '../../support/api.ts';
import { ok, until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { footprint } from '../../support/leaks.ts';
import { freePort } from '../../support/ports.ts';

const rootOnly = { skip: process.getuid?.() === 0 ? false : 'narud needs root' };

/** Names of what runs. */
async function running(daemon: Daemon): Promise<string[]> {
  return ((await call(daemon, 'GET', '/containers/json')).json() as { Names: string[] }[]).map(({ Names }) => Names[0] ?? '').toSorted();
}

const policies = ['no', 'always', 'unless-stopped', 'on-failure'];

/** One container of each policy, an always and an unless-stopped that a person stopped, and one that goes at its end. */
async function populate(daemon: Daemon): Promise<number> {
  await importBusybox(daemon);
  const forGood = ['busybox', 'sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.1; done'];
  for (const policy of policies) await daemon.ok('docker', ['run', '-d', '--name', policy, '--restart', policy, ...forGood]);
  for (const policy of ['always', 'unless-stopped']) {
    await daemon.ok('docker', ['run', '-d', '--name', `stopped-${policy}`, '--restart', policy, ...forGood]);
    await daemon.ok('docker', ['stop', '-t', '0', `stopped-${policy}`]);
  }
  await daemon.ok('docker', ['run', '-d', '--rm', '--name', 'passing', ...forGood]);
  return Number(await daemon.ok('docker', ['inspect', '-f', '{{.State.Pid}}', 'no']));
}

const begunAgain = ['/always', '/on-failure', '/stopped-always', '/unless-stopped'];

test('a daemon that is told to end takes its containers along, and the next begins again what its policy says', rootOnly, async () => {
  await using daemon = await Daemon.start('--live-restore=false');
  assert.equal((await call(daemon, 'GET', '/info')).json().LiveRestoreEnabled, false);
  const pid = await populate(daemon);
  await daemon.down();
  assert.equal(existsSync(`/proc/${pid}`), false);
  await daemon.up();
  assert.deepEqual(await running(daemon), begunAgain);
  const { State, RestartCount } = (await call(daemon, 'GET', '/containers/no/json')).json();
  assert.deepEqual([State.Status, State.ExitCode, RestartCount], ['exited', 3, 0]);
  assert.equal((await call(daemon, 'GET', '/containers/passing/json')).status, 404);
  assert.match(await daemon.ok('naru', ['why', 'no']), /^The daemon ended and took it along, and it ended with its own exit code 3\.$/m);
  assert.match(await daemon.ok('naru', ['why', 'always']), /^The daemon ended and took it along; its restart policy started it again with the daemon\.$/m);
  assert.match(await daemon.ok('naru', ['why', 'passing']), /^passing is gone: /);
});

test('what a killed daemon left running is ended by the next, and begun again by its policy', rootOnly, async () => {
  await using daemon = await Daemon.start('--live-restore=false');
  const pid = await populate(daemon);
  await daemon.crash();
  assert.equal(existsSync(`/proc/${pid}`), true);
  await daemon.up();
  assert.equal(existsSync(`/proc/${pid}`), false);
  assert.deepEqual(await running(daemon), begunAgain);
  assert.equal((await call(daemon, 'GET', '/containers/passing/json')).status, 404);
});

test('without packet rules there is no table, and published ports are relayed', rootOnly, async () => {
  await using daemon = await Daemon.start('--iptables=false');
  await importBusybox(daemon);
  const port = await freePort(); // those that daemons give come first: rules that a killed one left would have it
  await daemon.ok('docker', ['run', '-d', '--name', 'echo', '-p', `127.0.0.1:${port}:7000`, 'busybox', 'sh', '-c', 'while :; do nc -l -p 7000 -e cat; done']);
  assert.deepEqual([...(await footprint(daemon))].filter((thing) => thing.startsWith('nft')), []);
  await until('it listens', async () => (await ok('sh', ['-c', `echo hello | timeout 5 busybox nc 127.0.0.1 ${port} || true`])).includes('hello'));
});
