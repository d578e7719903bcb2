/** Containers that take what they can get: processes, memory, time, the log. The daemon answers all along, and nothing is left. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, suite, test } from 'node:test';
import { connectShim, FrameType, parseStatus } from '#shim';
import { until } from '../support/command.ts';
import { leaksOf } from '../support/leaks.ts';
import { MortalDaemon } from './support/mortal-daemon.ts';

/** Bytes: unless told what 100 MB/s come to in 10 s. */
const flood = Number(process.env['NARU_FLOOD'] ?? 1_000_000_000);

interface Inspection {
  readonly Id: string;
  readonly LogPath: string;
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly OOMKilled: boolean };
}

interface Event {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: { readonly exitCode?: string } };
}

suite('load', () => {
  let daemon: MortalDaemon;
  before(async () => {
    daemon = await MortalDaemon.start();
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    if (daemon) assert.deepEqual(await leaksOf(daemon), []);
  });
  afterEach(async () => {
    await daemon.ask('DELETE', '/containers/box?force=1');
    await until('nothing is left', async () => daemon.traces().length === 0).catch(() => assert.deepEqual(daemon.traces(), []));
  });

  const inspect = () => daemon.read<Inspection>('/containers/box/json');

  async function run(script: string, host: object = {}): Promise<void> {
    const made = await daemon.ask('POST', '/containers/create?name=box', { Image: 'busybox', Cmd: ['sh', '-c', script], HostConfig: { NetworkMode: 'none', ...host } });
    assert.equal(made?.status, 201, made?.text ?? daemon.log);
    const started = await daemon.ask('POST', '/containers/box/start');
    assert.equal(started?.status, 204, started?.text ?? daemon.log);
  }

  async function waitFor(): Promise<number> {
    const answer = await daemon.ask('POST', '/containers/box/wait');
    return (answer?.json() as { StatusCode: number } | undefined)?.StatusCode ?? -1;
  }

  /** What happened to this container so far, in order. */
  async function actions(): Promise<string[]> {
    const { Id } = await inspect();
    const answer = await daemon.ask('GET', `/events?since=0&until=${Math.ceil(Date.now() / 1000)}&filters=${encodeURIComponent(JSON.stringify({ container: [Id] }))}`);
    const events: Event[] = answer?.lines() ?? [];
    return events.map(({ Action, Actor }) => (Action === 'die' ? `die ${Actor.Attributes.exitCode}` : Action));
  }

  test('a fork bomb under --pids-limit', async () => {
    await run('bomb() { bomb | bomb; }; bomb 2> /dev/null & exec sleep 1000', { PidsLimit: 40 });
    await sleep(1000);
    const { pids_stats: pids } = await daemon.read<{ pids_stats: { current: number; limit: number } }>('/containers/box/stats?stream=0&one-shot=1');
    assert.ok(pids.limit === 40 && pids.current <= 40, JSON.stringify(pids));
    assert.equal((await daemon.ask('POST', '/containers/box/kill'))?.status, 204);
    assert.equal(await waitFor(), 137);
  });

  test('a memory hog under --memory', async () => {
    await run('exec tail /dev/zero', { Memory: 32 << 20, MemorySwap: 32 << 20 });
    assert.equal(await waitFor(), 137);
    const { Status, ExitCode, OOMKilled } = (await inspect()).State;
    assert.deepEqual([Status, ExitCode, OOMKilled], ['exited', 137, true]);
    const seen = await actions();
    assert.deepEqual(seen.filter((action) => /oom|die/.test(action)), ['oom', 'die 137']);
  });

  test('a hog among others: the event comes while the container lives on', async () => {
    await run('tail /dev/zero; sleep 1000', { Memory: 32 << 20, MemorySwap: 32 << 20 });
    await until('the event', async () => (await actions()).includes('oom'));
    assert.equal((await inspect()).State.Status, 'running');
  });

  test('a detached exec prints as much as it likes', async () => {
    await run('sleep 1000');
    const made = await daemon.ask('POST', '/containers/box/exec', { Cmd: ['head', '-c', '3000000', '/dev/zero'], AttachStdout: true });
    assert.equal(made?.status, 201);
    const { Id } = made.json() as { Id: string };
    assert.equal((await daemon.ask('POST', `/exec/${Id}/start`, { Detach: true }))?.status, 200);
    await until('its end', async () => (await daemon.read<{ ExitCode: number | null }>(`/exec/${Id}/json`)).ExitCode === 0);
  });

  test('a process that ignores SIGTERM is killed when its time is up', async () => {
    await run("trap 'echo no' TERM; sleep 1000 & echo ready; while :; do wait; done"); // a wait ends at once for the trap, a sleep may outlast the second
    await until('it is ready', async () => ((await daemon.ask('GET', '/containers/box/logs?stdout=1'))?.text ?? '').includes('ready'));
    const began = Date.now();
    assert.equal((await daemon.ask('POST', '/containers/box/stop?t=1'))?.status, 204);
    assert.ok(Date.now() - began >= 1000);
    assert.equal((await inspect()).State.ExitCode, 137);
    assert.match((await daemon.ask('GET', '/containers/box/logs?stdout=1'))?.text ?? '', /no/);
  });

  test(`${flood / 1e6} MB of output that nobody reads`, async (t) => {
    const began = Date.now();
    await run(`yes ${'x'.repeat(999)} | head -c ${flood}; echo over >&2; sleep 1000`);
    const { Id, LogPath } = await inspect();
    const [shim] = daemon.holders();
    const memory = () => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${shim?.pid}/status`, 'utf8'))?.[1]);
    const logs = () => readdirSync(dirname(LogPath)).filter((name) => name.startsWith(`${Id}-json.log`)).map((name) => statSync(join(dirname(LogPath), name), { throwIfNoEntry: false })?.size ?? 0); // it may be renamed just now
    const early = memory();
    /* The last lines of stdout may come behind it, as many as a pipe holds: the shim reads both as it finds them. */
    while (!((await daemon.ask('GET', '/containers/box/logs?stderr=1&tail=100'))?.text ?? '').includes('over')) {
      assert.equal((await daemon.ask('GET', '/_ping'))?.status, 200);
      assert.ok(logs().every((size) => size < 10_600_000) && logs().length <= 3, String(logs()));
      await sleep(100);
    }
    t.diagnostic(`${Math.round(flood / (Date.now() - began) / 1000)} MB/s; the shim's memory: ${early} kB, then ${memory()} kB`);
    assert.ok(memory() < 2000 && memory() - early < 600, `${early} kB, then ${memory()} kB`);
    using connection = await connectShim(join(daemon.execRoot, 'tasks', Id, 'shim.sock'));
    assert.equal(parseStatus((await connection.request(FrameType.status)).payload).droppedBytes, 0);
  });
});
