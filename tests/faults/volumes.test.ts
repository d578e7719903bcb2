/**
 * kill -9 of the daemon at every step at which a container's volumes are brought: the next daemon gives back what nobody
 * runs on, once, before policies start anybody again, and keeps what somebody runs on.
 *
 * `NARU_STEPS` is how many of the steps are tried, spread over the verb; all of them without it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { until } from '../support/command.ts';
import { leaksOf } from '../support/leaks.ts';
import { TestPlugin } from '../support/plugin.ts';
import { keeper } from '../support/volume-keeper.ts';
import { MortalDaemon } from './support/mortal-daemon.ts';

const wanted = Number(process.env['NARU_STEPS'] ?? Infinity);
// Over directories that the image fills, so that the creation brings them too.
const host = { Binds: ['books:/bin/books', 'ram:/bin/ram', 'filled:/bin'], RestartPolicy: { Name: 'always' } };
const box = { Image: 'busybox', Entrypoint: ['/bin/busybox'], Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL', HostConfig: host };

interface Verb {
  readonly prepare: () => Promise<unknown>;
  /** The daemon dies before its `at`-th effect, or does it all. */
  readonly act: (at: number) => Promise<unknown>;
  /** It runs in the end, whoever died. */
  readonly ends?: 'running';
}

interface Found {
  readonly Id: string;
  readonly State: { readonly Running: boolean };
}

suite('volumes of a daemon that is killed', () => {
  const shelf = mkdtempSync(join(tmpdir(), 'naru-shelf-'));
  let plugin: TestPlugin;
  let daemon: MortalDaemon;
  before(async () => {
    plugin = await TestPlugin.start(shelf, 'shelf', 'VolumeDriver', keeper(shelf, new Set()));
    daemon = await MortalDaemon.start('--plugin-sockets', shelf);
    await daemon.ask('POST', '/volumes/create', { Name: 'books', Driver: 'shelf' });
    await daemon.ask('POST', '/volumes/create', { Name: 'filled', Driver: 'shelf' });
    await daemon.ask('POST', '/volumes/create', { Name: 'ram', DriverOpts: { type: 'tmpfs', device: 'tmpfs' } });
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await plugin?.[Symbol.asyncDispose]();
    rmSync(shelf, { recursive: true, force: true });
    if (daemon) assert.deepEqual(await leaksOf(daemon), []);
  });

  /** What a test that failed has left is not the next one's. */
  afterEach(async () => {
    await daemon.disarm();
    if (!daemon.alive) await daemon.up();
    await daemon.ask('DELETE', '/containers/box?force=1');
    plugin.calls.length = 0;
  });

  /** A request that succeeds, unless the daemon dies over it. */
  async function does(status: number, path: string, body?: object): Promise<void> {
    const answer = await daemon.ask('POST', path, body);
    if (answer) assert.equal(answer.status, status, answer.text);
  }

  const create = () => does(201, '/containers/create?name=box', box);
  const inspect = async (): Promise<Found | undefined> => {
    const answer = await daemon.ask('GET', '/containers/box/json');
    return answer?.status === 200 ? (answer.json() as Found) : undefined;
  };
  const start = () => does(204, '/containers/box/start');
  const verbs: Readonly<Record<string, Verb>> = {
    create: { prepare: async () => undefined, act: armed(create) },
    start: { prepare: create, act: armed(start) },
    'restart by the next daemon': { prepare: endAlone, act: restart, ends: 'running' },
  };

  function armed(act: () => Promise<unknown>): Verb['act'] {
    return async (at) => {
      await daemon.arm('daemon', at);
      await act();
    };
  }

  /** A container ends while no daemon is there. */
  async function endAlone(): Promise<void> {
    await create();
    await start();
    await daemon.crash();
    daemon.killHolders('process');
    await until('its end', async () => daemon.holders().length === 0);
  }

  /** The next daemon starts it again by policy, unless it dies before. */
  async function restart(at: number): Promise<void> {
    await daemon.upUntil(at);
    await until('the restart', async () => !daemon.alive || (((await inspect())?.State.Running ?? false)));
  }

  for (const [name, verb] of Object.entries(verbs)) {
    test(`${name}: what nobody runs on is given back`, async (t) => {
      const whole = (await tryAt(verb, 1e9)) ?? assert.fail(`the daemon died of itself\n${daemon.log}`);
      const stride = Math.max(1, Math.floor(whole / wanted));
      const offset = 1 + Math.floor(Math.random() * stride);
      for (let at = offset; at <= whole; at += stride) await tryAt(verb, at);
      t.diagnostic(`${whole} effects`);
    });
  }

  /** Tells how many effects there were when all went through; undefined when the daemon died. */
  async function tryAt({ prepare, act, ends }: Verb, at: number): Promise<number | undefined> {
    await prepare();
    await act(at);
    const counted = await daemon.disarm();
    if (!counted) await daemon.up();
    const context = () => `before effect ${at}\n${heldNow().join('\n')}\n${JSON.stringify(plugin.calls)}\n${daemon.log}`;
    if (ends === 'running') await until('it runs', async () => (await inspect())?.State.Running === true);
    await until('only who runs holds volumes', async () => same(heldNow(), rightFor(await inspect()))).catch(async () => assert.deepEqual(heldNow(), rightFor(await inspect()), context()));
    const found = await inspect();
    assert.deepEqual(pluginHolds(), rightFor(found).filter((line) => !line.startsWith('ram')), context());
    assert.equal(isMounted(), found?.State.Running === true, context());
    if (found?.State.Running) assert.equal((await daemon.ask('GET', '/containers/box/archive?path=/bin/busybox'))?.status, 200, context());
    await daemon.ask('DELETE', '/containers/box?force=1');
    await until('all is given back', async () => heldNow().length === 0 && pluginHolds().length === 0).catch(() => assert.fail(context()));
    plugin.calls.length = 0;
    daemon.log = '';
    return counted?.count;
  }

  /** What the store says; its file is read, for the daemon has no word for it. */
  function heldNow(): string[] {
    const db = new DatabaseSync(join(daemon.directory, 'data/naru.db'), { readOnly: true });
    try {
      return ['volume_holders', 'plugin_volume_users'].flatMap((table) => db.prepare(`SELECT name, user FROM ${table}`).all().map(({ name, user }) => `${String(name)} ${String(user)}`)).toSorted();
    } finally {
      db.close();
    }
  }

  /** Who has more mounts than unmounts; an unmount that nobody mounted for may only follow a mount that was never made. */
  function pluginHolds(): string[] {
    const held = new Set<string>();
    for (const { method, body } of plugin.calls as { method: string; body: { Name: string; ID: string } }[]) {
      if (method === 'VolumeDriver.Mount') held.add(`${body.Name} ${body.ID}`);
      else if (method === 'VolumeDriver.Unmount') held.delete(`${body.Name} ${body.ID}`);
    }
    return [...held].toSorted();
  }

  const isMounted = () => readFileSync('/proc/self/mountinfo', 'utf8').includes(join(daemon.directory, 'data/volumes/ram/_data'));
});

function rightFor(found: Found | undefined): string[] {
  return found?.State.Running ? ['books', 'filled', 'ram'].map((name) => `${name} ${found.Id}`) : [];
}

const same = (one: readonly string[], other: readonly string[]): boolean => JSON.stringify(one) === JSON.stringify(other);
