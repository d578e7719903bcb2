/**
 * kill -9 at every step: of the daemon, of the shim, of the container's processes, just before each effect that a verb
 * has on the world (support/fail-point.ts), until the verb gets through. Afterwards the container is as it was, or as the
 * verb makes it, or cleanly gone; it can be removed, and nothing of it is left.
 *
 * `NARU_STEPS` is how many of the steps are tried, spread over the verb; all of them without it.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { until } from '../support/command.ts';
import { leaksOf } from '../support/leaks.ts';
import type { Victim } from './support/fail-point.ts';
import { MortalDaemon } from './support/mortal-daemon.ts';

const wanted = Number(process.env['NARU_STEPS'] ?? Infinity);
const box = { Image: 'busybox', Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL', ExposedPorts: { '80/tcp': {} }, HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } } };

interface Verb {
  /** What is done before the verb. */
  readonly prepare: readonly ('create' | 'start')[];
  readonly act: (daemon: MortalDaemon) => Promise<unknown>;
  /** Statuses that the container may be found in, whoever died; "gone" when it is not there. */
  readonly afterwards: Readonly<Record<Victim, readonly string[]>>;
}

const step = {
  create: (daemon: MortalDaemon) => daemon.ask('POST', '/containers/create?name=box', box),
  start: (daemon: MortalDaemon) => daemon.ask('POST', '/containers/box/start'),
};

const verbs: Readonly<Record<string, Verb>> = {
  create: { prepare: [], act: step.create, afterwards: { daemon: ['gone', 'created'], shim: ['created'], process: ['created'] } },
  start: { prepare: ['create'], act: step.start, afterwards: { daemon: ['created', 'running'], shim: ['created', 'exited', 'running'], process: ['created', 'exited', 'running'] } },
  exec: { prepare: ['create', 'start'], act: execIn, afterwards: { daemon: ['running'], shim: ['exited', 'running'], process: ['exited', 'running'] } },
  stop: { prepare: ['create', 'start'], act: (daemon) => daemon.ask('POST', '/containers/box/stop'), afterwards: { daemon: ['running', 'exited'], shim: ['exited'], process: ['exited'] } },
  delete: { prepare: ['create', 'start'], act: (daemon) => daemon.ask('DELETE', '/containers/box?force=1'), afterwards: { daemon: ['running', 'exited', 'gone'], shim: ['gone'], process: ['gone'] } },
};

async function execIn(daemon: MortalDaemon): Promise<void> {
  const made = await daemon.ask('POST', '/containers/box/exec', { Cmd: ['sleep', '1000'] });
  if (made?.status === 201) await daemon.ask('POST', `/exec/${(made.json() as { Id: string }).Id}/start`, { Detach: true });
}

async function statusOf(daemon: MortalDaemon): Promise<string> {
  const answer = await daemon.ask('GET', '/containers/box/json');
  return answer?.status === 200 ? (answer.json() as { State: { Status: string } }).State.Status : 'gone';
}

/** One try with the `at`-th effect as the last moment; tells how many effects there were when all went through. */
async function tryAt(daemon: MortalDaemon, verb: Verb, victim: Victim, at: number): Promise<number> {
  for (const name of verb.prepare) assert.ok([201, 204].includes((await step[name](daemon))?.status ?? 0), `${name}\n${daemon.log}`);
  await daemon.arm(victim, at);
  await verb.act(daemon);
  const counted = await daemon.disarm();
  if (!counted) await daemon.up();
  const context = `${victim} before effect ${at}\n${daemon.log}`;
  if (victim === 'daemon') assert.ok(verb.afterwards.daemon.includes(await statusOf(daemon)), `${await statusOf(daemon)}: ${context}`);
  else await until('its end is seen', async () => verb.afterwards[victim].includes(await statusOf(daemon)));
  const removed = await daemon.ask('DELETE', '/containers/box?force=1');
  assert.ok(removed && [204, 404].includes(removed.status), `${removed?.text}: ${context}`);
  await until('nothing is left', async () => daemon.traces().length === 0).catch(() => assert.deepEqual(daemon.traces(), [], context));
  daemon.log = '';
  return counted?.count ?? Infinity;
}

suite('kill -9 at every step', () => {
  let daemon: MortalDaemon;
  before(async () => {
    daemon = await MortalDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    if (daemon) assert.deepEqual(await leaksOf(daemon), []);
  });

  for (const [name, verb] of Object.entries(verbs)) {
    for (const victim of ['daemon', 'shim', 'process'] as const) {
      test(`${name}: the ${victim} dies`, async (t) => {
        const whole = await tryAt(daemon, verb, victim, 1e9);
        assert.ok(whole > 3, `only ${whole} effects counted`);
        const stride = Math.max(1, Math.floor(whole / wanted));
        const offset = 1 + Math.floor(Math.random() * stride);
        for (let at = offset; at <= whole; at += stride) await tryAt(daemon, verb, victim, at);
        t.diagnostic(`${whole} effects`);
      });
    }
  }
});
