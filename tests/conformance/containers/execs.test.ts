/** Execs across the death of the daemon that started them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../../support/api.ts';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => daemon?.[Symbol.asyncDispose]());

function stored(): number {
  using db = new DatabaseSync(join(daemon.directory, 'data/naru.db'), { readOnly: true });
  return Number(db.prepare('SELECT count(*) AS count FROM execs').get()?.['count']);
}

const inspect = async (id: string) => (await call(daemon, 'GET', `/exec/${id}/json`)).json();

test('the next daemon knows a running exec, sees its end and can resize it; the container\'s end ends it', async () => {
  const container = await daemon.ok('docker', ['run', '-d', '--name', 'host', 'busybox', 'sleep', '1000']);
  const begin = async (Cmd: string[], Tty = false): Promise<string> => {
    const { Id } = (await call(daemon, 'POST', `/containers/${container}/exec`, { Cmd, Tty, AttachStdout: true })).json();
    assert.equal((await call(daemon, 'POST', `/exec/${Id}/start`, { Detach: true, Tty })).status, 200);
    return Id;
  };
  const ends = await begin(['sh', '-c', 'while [ ! -e /end ]; do sleep 0.05; done; exit 7']);
  const stays = await begin(['sleep', '1000'], true);
  await until('both are stored, which one that is over at once never is', async () => stored() === 2);
  const before = await inspect(ends);
  await daemon.crash();
  await daemon.up();
  assert.deepEqual(await inspect(ends), before);
  assert.equal(before.Running, true);
  assert.equal((await call(daemon, 'POST', `/exec/${stays}/resize?h=40&w=100`)).status, 200);
  assert.equal((await call(daemon, 'POST', `/exec/${stays}/resize?h=4294967295&w=65536`)).status, 200); // a terminal keeps 16 bits of each
  await daemon.ok('docker', ['exec', 'host', 'touch', '/end']);
  await until('the exec has ended', async () => !(await inspect(ends)).Running);
  assert.equal((await inspect(ends)).ExitCode, 7);
  await daemon.ok('docker', ['rm', '-f', 'host']);
  assert.equal((await call(daemon, 'GET', `/exec/${stays}/json`)).status, 404);
});

test('a size that is asked for before the start waits for it; one that has ended has none, nor one that could not be started', async () => {
  const container = await daemon.ok('docker', ['run', '-d', 'busybox', 'sleep', '1000']);
  const make = async (Cmd: string[]): Promise<string> => (await call(daemon, 'POST', `/containers/${container}/exec`, { Cmd, Tty: true })).json().Id;
  const resize = (id: string) => call(daemon, 'POST', `/exec/${id}/resize?h=33&w=99`);
  const [runs, lacks, dropped] = [await make(['sleep', '1000']), await make(['/nothing']), await make(['true'])];
  const early = resize(runs);
  await call(daemon, 'GET', '/_ping'); // the daemon has seen the one before
  assert.equal((await call(daemon, 'POST', `/exec/${runs}/start`, { Detach: true, Tty: true })).status, 200);
  assert.equal((await early).status, 200);
  const ends = await make(['true']);
  await call(daemon, 'POST', `/exec/${ends}/start`, { Detach: true, Tty: true });
  await until('it has ended', async () => !(await inspect(ends)).Running);
  assert.equal(errorOf(await resize(ends), 404), `process does not exist ${ends}: not found`);
  await call(daemon, 'POST', `/exec/${lacks}/start`, { Detach: true, Tty: true });
  assert.equal(errorOf(await resize(lacks), 400), 'exec process is not started');
  const never = resize(dropped);
  await call(daemon, 'GET', '/_ping');
  await daemon.ok('docker', ['rm', '-f', container]);
  assert.equal(errorOf(await never, 400), 'exec process is not started');
});

test('an exec that was not started goes with the run it was made for; a size is read before its exec is looked for', async () => {
  const container = await daemon.ok('docker', ['run', '-d', 'busybox', 'sleep', '1000']);
  const { Id } = (await call(daemon, 'POST', `/containers/${container}/exec`, { Cmd: ['true'] })).json();
  await daemon.ok('docker', ['restart', '-t', '0', container]);
  assert.equal((await call(daemon, 'POST', `/exec/${Id}/start`, { Detach: true })).status, 404);
  for (const path of ['/exec/nobody/resize?h=x&w=1', '/containers/nobody/exec', '/containers/nobody/rename']) assert.equal((await call(daemon, 'POST', path)).status, 400, path);
  await daemon.ok('docker', ['rm', '-f', container]);
});
