/**
 * One narud hands over to the next while clients never rest: not a request fails, and what goes on for long (attach, logs,
 * wait, events, exec) goes on. NARU_HANDOVERS sets how many (5 unless told).
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '#base';
import { receiveDescriptors } from '#kernel';
import { Channel, handoverSocket, type Belongings } from '../../../packages/engine/handover/protocol.ts';
import { call } from '../../support/api.ts';
import { Hopeless, until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';
import { startLoad, type Round } from '../../support/load.ts';

const handovers = Number(process.env['NARU_HANDOVERS'] ?? 5);
const rootOnly = { skip: process.getuid?.() === 0 ? false : 'narud needs root' };

/** Looks, and makes and removes a container each time. */
const round: Round = async (send, client) => {
  await send('GET', '/containers/json?all=1');
  const { Id: id } = JSON.parse(await send('POST', '/containers/create', { Image: 'busybox', Cmd: ['echo', String(client)], HostConfig: { NetworkMode: 'none' } })) as { Id: string };
  await send('POST', `/containers/${id}/start`);
  const { StatusCode } = JSON.parse(await send('POST', `/containers/${id}/wait`)) as { StatusCode: number };
  if (StatusCode !== 0) throw new Error(`container ${id} ended with ${StatusCode}`);
  await send('GET', `/containers/${id}/json`);
  await send('DELETE', `/containers/${id}?force=1`);
  await send('POST', '/volumes/create', { Name: `v${client}` });
  await send('DELETE', `/volumes/v${client}`);
};

/** Somebody who connects and never says what he wants. */
function silentPeer(path: string): Disposable {
  const socket = connect(path).on('error', () => {});
  return { [Symbol.dispose]: () => void socket.destroy() };
}

test(`${handovers} handovers under load`, rootOnly, async (context) => {
  await using daemon = await Daemon.start();
  await importBusybox(daemon);
  const load = startLoad(daemon.host.slice('unix://'.length), 4, round);
  await using _ = { [Symbol.asyncDispose]: () => load.stop() };
  using _silent = silentPeer(join(daemon.directory, 'exec/handover.sock'));
  for (let number = 0; number < handovers; number++) {
    await sleep(300);
    await daemon.handOver();
  }
  await sleep(300);
  await load.stop();
  context.diagnostic(`${load.answered} requests answered`);
  assert.deepEqual(load.failures.slice(0, 5), []);
  assert.ok(load.answered > handovers * 10);
  assert.deepEqual((await call(daemon, 'GET', '/containers/json?all=1')).json(), []);
});

test('execs that end while the daemon changes hands keep their exit codes, and are told of once', rootOnly, async () => {
  await using daemon = await Daemon.start();
  await importBusybox(daemon);
  await daemon.ok('docker', ['run', '-d', '--name', 'town', 'busybox', 'sleep', '1000']);
  const events = daemon.background('docker', ['events', '--filter', 'event=exec_die', '--format', '{{.Actor.Attributes.exitCode}}']);
  const told = text(events.stdout as NodeJS.ReadableStream);
  await until('somebody listens', async () => (await call(daemon, 'GET', '/info')).json().NEventsListener === 1);
  // They end one after another, so that some do between the old daemon's list and the new one's look.
  const execs = Array.from({ length: 40 }, (_, index) => daemon.run('docker', ['exec', 'town', 'sh', '-c', `touch /${index}; while [ ! -e /go ]; do sleep 0.05; done; sleep ${(index * 0.02).toFixed(2)}; exit 5`]));
  const root = `/proc/${(await call(daemon, 'GET', '/containers/town/json')).json().State.Pid}/root`;
  await until('all run', async () => readdirSync(root).filter((name) => /^\d+$/.test(name)).length === execs.length);
  const handOver = daemon.handOver();
  await until('the old daemon is about to go', async () => daemon.log.includes('another narud takes over'));
  writeFileSync(join(root, 'go'), '');
  const { ended } = await handOver;
  assert.deepEqual((await Promise.all(execs)).map(({ code }) => code), execs.map(() => 5));
  let heard = '';
  events.stdout?.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  await daemon.run('docker', ['exec', 'town', 'sh', '-c', 'exit 6']);
  await until('the last is told', async () => heard.includes('6\n'));
  events.kill('SIGINT');
  assert.equal((await told).split('\n').filter((code) => code === '5').length, execs.length);
  await ended;
});

test('a daemon of an earlier version, which knows one last word, can take over though execs ended meanwhile', rootOnly, async () => {
  await using daemon = await Daemon.start();
  await importBusybox(daemon);
  await daemon.ok('docker', ['create', '--name', 'town', 'busybox', 'sleep', '1000']);
  await daemon.ok('docker', ['start', 'town']);
  const root = `/proc/${(await call(daemon, 'GET', '/containers/town/json')).json().State.Pid}/root`;
  await daemon.ok('docker', ['exec', '-d', 'town', 'sh', '-c', 'while [ ! -e /go ]; do sleep 0.05; done; echo $$ > /gone']);
  const { pid } = daemon;
  const socket = connect(handoverSocket(join(daemon.directory, 'exec'))).pause();
  await once(socket, 'connect');
  socket.write('take over\n');
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  for (const listener of await until('the listening sockets', async () => received(fd))) closeSync(listener);
  const channel = new Channel(socket);
  assert.equal((JSON.parse((await channel.hear()) ?? '') as Belongings).execs.length, 1);
  writeFileSync(join(root, 'go'), '');
  await until('it has ended', async () => existsSync(join(root, 'gone')));
  channel.say('serving');
  assert.equal(await channel.hear(), 'settled');
  assert.match((await channel.hear()) ?? '', /^\{/);
  await until('the old daemon has ended', async () => !existsSync(`/proc/${pid}`));
  await daemon.up();
});

/** Undefined until they are there. */
function received(socket: number): readonly number[] | undefined {
  try {
    return receiveDescriptors(socket);
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return undefined;
    throw new Hopeless(String(error));
  }
}

test('what goes on for long goes on through two handovers', rootOnly, async () => {
  await using daemon = await Daemon.start();
  await importBusybox(daemon);
  await daemon.ok('docker', ['run', '-d', '--name', 'talker', 'busybox', 'sh', '-c', 'n=0; while [ ! -e /stop ]; do n=$((n+1)); echo line $n; sleep 0.1; done; exit 7']);
  const streams = {
    logs: daemon.background('docker', ['logs', '-f', 'talker']),
    attach: daemon.background('docker', ['attach', '--no-stdin', 'talker']),
    wait: daemon.background('docker', ['wait', 'talker']),
    events: daemon.background('docker', ['events', '--format', '{{.Action}} {{.Actor.Attributes.name}}']),
    exec: daemon.background('docker', ['exec', '-i', 'talker', 'sh', '-c', 'cat; exit 5']),
    run: daemon.background('docker', ['run', '--rm', '-i', '--name', 'reader', 'busybox', 'sh', '-c', 'cat; exit 3']),
    restarting: daemon.background('docker', ['run', '--rm', '--name', 'sleeper', 'busybox', 'sh', '-c', 'while [ ! -e /stop ]; do sleep 0.1; done; exit 4']),
  };
  const printed = Object.fromEntries(Object.entries(streams).map(([name, child]) => [name, text(child.stdout as NodeJS.ReadableStream)]));
  const heard = { logs: '', attach: '', events: '' };
  for (const name of ['logs', 'attach', 'events'] as const) streams[name].stdout?.on('data', (chunk: Buffer) => (heard[name] += chunk.toString()));
  const ended = Object.fromEntries(Object.entries(streams).map(([name, child]) => [name, once(child, 'exit')]));
  await until('containers run', async () => (await call(daemon, 'GET', '/containers/json')).json().length === 3);
  await until('everybody listens', async () => heard.logs.includes('line') && heard.attach.includes('line') && (await call(daemon, 'GET', '/info')).json().NEventsListener === 1);
  await until('the exec runs', async () => (await call(daemon, 'GET', '/containers/talker/json')).json().ExecIDs?.length === 1);
  const first = await daemon.handOver();
  await daemon.ok('docker', ['run', '--rm', '--name', 'between', 'busybox', 'true']);
  const second = await daemon.handOver();
  streams.exec.stdin?.end('typed to exec\n');
  streams.run.stdin?.end('typed to run\n');
  await daemon.ok('docker', ['exec', '-d', 'sleeper', 'touch', '/stop']); // who waited for its exit code would race the removal of its container
  await daemon.ok('docker', ['exec', 'talker', 'touch', '/stop']);
  const code = async (name: string): Promise<unknown> => (await ended[name])?.[0];
  assert.deepEqual([await code('exec'), await printed['exec']], [5, 'typed to exec\n']);
  assert.deepEqual([await code('run'), await printed['run']], [3, 'typed to run\n']);
  assert.equal(await code('restarting'), 4);
  assert.deepEqual([await code('wait'), (await printed['wait'])?.trim()], [0, '7']);
  assert.equal(await code('attach'), 7);
  await code('logs');
  const lines = ((await printed['logs']) ?? '').trim().split('\n');
  assert.deepEqual(lines, lines.map((_, index) => `line ${index + 1}`));
  const wanted = ['start between', 'die between', 'destroy between', 'die reader', 'destroy reader', 'die talker', 'die sleeper', 'destroy sleeper'];
  await until('all that happened', async () => wanted.every((event) => heard.events.includes(`${event}\n`))).catch((error: unknown) => assert.fail(`${String(error)} in\n${heard.events}`));
  const gone = once(streams.events, 'exit');
  streams.events.kill('SIGINT');
  await gone;
  const told = ((await printed['events']) ?? '').trim().split('\n');
  for (const event of wanted) {
    assert.equal(told.filter((line) => line === event).length, 1, `${event} in\n${told.join('\n')}`);
  }
  await Promise.all([first.ended, second.ended]);
});
