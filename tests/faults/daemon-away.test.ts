/**
 * A killed daemon that nobody starts again leaves its containers running, each with its shim, cgroups, network and log, as
 * live-restore means them to be; what ends meanwhile leaves a task directory with its exit, an empty cgroup and its end of
 * the network. Nobody removes these but the next daemon on the same roots, which takes back what lives and clears the rest.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { until } from '../support/command.ts';
import { leaksOf } from '../support/leaks.ts';
import { MortalDaemon } from './support/mortal-daemon.ts';

interface State {
  readonly Status: string;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Pid: number;
}

suite('while the daemon is away', () => {
  let daemon: MortalDaemon;
  before(async () => {
    daemon = await MortalDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    if (daemon) assert.deepEqual(await leaksOf(daemon), []);
  });
  beforeEach(async () => void (await daemon.ask('DELETE', '/containers/box?force=1')));

  const state = async (): Promise<State> => (await daemon.read<{ State: State }>('/containers/box/json')).State;

  async function running(script: string, more: object = {}): Promise<number> {
    await daemon.ask('POST', '/containers/create?name=box', { Image: 'busybox', Cmd: ['sh', '-c', script], ...more });
    assert.equal((await daemon.ask('POST', '/containers/box/start'))?.status, 204);
    return (await state()).Pid;
  }

  const ended = (pid: number) => until(`the end of ${pid}`, async () => !isAlive(pid));

  test('what runs goes on, and is had again', async () => {
    const pid = await running('sleep 1000');
    await daemon.crash();
    assert.equal(isAlive(pid), true);
    assert.ok(daemon.traces().some((trace) => trace.startsWith('cgroup')));
    await daemon.up();
    assert.deepEqual([(await state()).Status, (await state()).Pid], ['running', pid]);
  });

  test('what ends keeps its exit code for the next daemon, which clears what is left of it', async () => {
    const pid = await running('read x < /dev/zero; exit 9', { OpenStdin: true });
    await daemon.crash();
    process.kill(pid, 'SIGKILL');
    await ended(pid);
    await daemon.up();
    assert.deepEqual([(await state()).Status, (await state()).ExitCode], ['exited', 137]);
    await until('a clean house', async () => daemon.traces().every((trace) => trace.startsWith('directory')));
  });

  test('what ended keeps its exit code though the shim that saw it dies before the next daemon', async () => {
    const pid = await running('trap "exit 9" TERM; while :; do sleep 0.1; done');
    const { Id } = await daemon.read<{ Id: string }>('/containers/box/json');
    await daemon.crash();
    process.kill(pid, 'SIGTERM');
    await ended(pid);
    await until('it is written down', async () => existsSync(join(daemon.execRoot, 'tasks', Id, 'exit')));
    daemon.killHolders('shim');
    await daemon.up();
    assert.deepEqual([(await state()).Status, (await state()).ExitCode], ['exited', 9]);
    await until('a clean house', async () => daemon.traces().every((trace) => trace.startsWith('directory')));
  });

  test('the shim dies too: its container goes with it, running or paused', async () => {
    for (const paused of [false, true]) {
      const pid = await running('sleep 1000');
      if (paused) assert.equal((await daemon.ask('POST', '/containers/box/pause'))?.status, 204);
      await daemon.crash();
      daemon.killHolders('shim');
      if (!paused) await ended(pid);
      await daemon.up();
      await ended(pid);
      assert.deepEqual([(await state()).Status, (await state()).ExitCode], ['exited', 137]);
      await daemon.ask('DELETE', '/containers/box?force=1');
      await until('a clean house', async () => daemon.traces().length === 0);
    }
  });

  test('the daemon is there, the shim of a paused container dies', async () => {
    const pid = await running('sleep 1000');
    await daemon.ask('POST', '/containers/box/pause');
    daemon.killHolders('shim');
    await ended(pid);
    await until('its end is told', async () => (await state()).Status === 'exited');
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
