/**
 * Rounds of everything at once: containers are created, started, entered, stopped and removed while somebody, the daemon,
 * their shims or their processes, is killed at a random moment. After each round a daemon is up and every container has a
 * status that fits what lives; after the last nothing is left. `NARU_KILL_ROUNDS` is how many.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { until } from '../support/command.ts';
import { leaksOf } from '../support/leaks.ts';
import { type Holder, MortalDaemon } from './support/mortal-daemon.ts';

const rounds = Number(process.env['NARU_KILL_ROUNDS'] ?? 200);
/** Milliseconds after which the killer strikes: longer than any verb takes here. */
const LATEST = 60;
const names = ['a', 'b', 'c'];
const image = { Image: 'busybox', Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL' };

type Act = (daemon: MortalDaemon, name: string) => Promise<unknown>;
const create: Act = (daemon, name) => daemon.ask('POST', `/containers/create?name=${name}`, image);
const start: Act = (daemon, name) => daemon.ask('POST', `/containers/${name}/start`);
const acts: readonly Act[] = [
  create,
  start,
  start,
  async (daemon, name) => {
    const exec = await daemon.ask('POST', `/containers/${name}/exec`, { Cmd: ['sleep', '1000'] });
    if (exec?.status === 201) await daemon.ask('POST', `/exec/${(exec.json() as { Id: string }).Id}/start`, { Detach: true });
  },
  (daemon, name) => daemon.ask('POST', `/containers/${name}/pause`),
  (daemon, name) => daemon.ask('POST', `/containers/${name}/stop`),
  (daemon, name) => daemon.ask('DELETE', `/containers/${name}?force=1`),
];

const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] ?? assert.fail();

async function strike(daemon: MortalDaemon): Promise<string> {
  await sleep(Math.random() * LATEST);
  const victim = any(['daemon', 'shim', 'process', 'daemon and shim'] as const);
  if (victim !== 'process' && victim !== 'daemon') daemon.killHolders('shim');
  if (victim === 'process') daemon.killHolders('process');
  if (victim.startsWith('daemon')) await daemon.crash();
  return victim;
}

/** Whoever is said to run does, and nothing else does. */
async function agrees(daemon: MortalDaemon): Promise<boolean> {
  const listed = await daemon.read<{ Id: string }[]>('/containers/json?all=1');
  const states = await Promise.all(listed.map(({ Id }) => daemon.read<{ State: { Status: string; Pid: number } }>(`/containers/${Id}/json`)));
  const running = states.filter(({ State }) => State.Status === 'running' || State.Status === 'paused');
  const held: Holder[] = daemon.holders();
  return running.every(({ State }) => existsSync(`/proc/${State.Pid}`)) && held.length === running.length;
}

suite('kill -9 at any moment', () => {
  let daemon: MortalDaemon;
  before(async () => {
    daemon = await MortalDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    if (daemon) assert.deepEqual(await leaksOf(daemon), []);
  });

  test(`${rounds} rounds`, async () => {
    for (let round = 0; round < rounds; round++) {
      const struck = strike(daemon);
      const busy = names.flatMap((name) => [any(acts), any(acts)].map((act) => act(daemon, name)));
      const victim = await struck;
      await Promise.all(busy);
      if (!daemon.alive) await daemon.up();
      await until('status and processes agree', () => agrees(daemon)).catch((error: unknown) => assert.fail(`round ${round}, ${victim}: ${String(error)}\n${daemon.log}`));
      daemon.log = '';
    }
    for (const name of names) await daemon.ask('DELETE', `/containers/${name}?force=1`);
    await until('nothing is left', async () => daemon.traces().length === 0).catch(() => assert.deepEqual(daemon.traces(), []));
  });
});
