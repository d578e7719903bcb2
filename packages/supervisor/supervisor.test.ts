import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Database } from '#base';
import { removalsDone } from '#kernel';
import type { Attachment, CreateOptions } from '#runtime';
import { exampleSpec, type FakeTask, fakeNetworks, fakeRuntime, fakeSnapshots } from './fakes.ts';
import type { ContainerSpec, SupervisorEvent } from './port.ts';
import { createSupervisor } from './supervisor.ts';

const base = mkdtempSync(join(tmpdir(), 'naru-supervisor-'));
after(() => rmSync(base, { recursive: true }));
let count = 0;

const dns = { servers: [], search: [], options: [] };
const bridged = (of: string) => exampleSpec({
  id: of,
  network: { mode: 'own', endpoints: [{ containerId: of, containerName: 'c', network: 'bridge', aliases: [], ports: [] }], dns, extraHosts: ['x:1.2.3.4'] },
});
const onBridge = bridged('a'.repeat(64));
const { id } = onBridge;

function setUp(options: { runtime?: ReturnType<typeof fakeRuntime>; networks?: ReturnType<typeof fakeNetworks>; root?: string; db?: Database } = {}) {
  const root = options.root ?? join(base, String(count++));
  const ports = {
    db: options.db ?? new Database(':memory:'),
    root,
    runtime: options.runtime ?? fakeRuntime(),
    networks: options.networks ?? fakeNetworks(),
    snapshots: fakeSnapshots(base),
    cgroupParent: '/naru',
    log: (level: string, message: string) => assert.fail(`${level}: ${message}`),
  };
  const supervisor = createSupervisor(ports);
  const events: SupervisorEvent[] = [];
  supervisor.subscribe((event) => events.push(event));
  return { ...ports, supervisor, events, kinds: () => events.map((event) => event.kind) };
}

function taskOptions(taskId: string): CreateOptions {
  const stdio = { terminal: false, stdin: false, stdinOnce: false, log: undefined };
  return { id: taskId, spec: { ociVersion: '1.2.0' }, rootfs: [], stdio, init: false };
}

function taskOf(runtime: ReturnType<typeof fakeRuntime>): FakeTask {
  const task = runtime.tasks.get(id);
  assert.ok(task);
  return task;
}

test('a life: created, started, ended, removed, with everything given back', async () => {
  const { supervisor, runtime, networks, snapshots, kinds, root } = setUp();
  await supervisor.create(onBridge);
  assert.equal(supervisor.state(id)?.status, 'created');
  await supervisor.start(id);
  assert.equal(supervisor.state(id)?.status, 'running');
  assert.equal(supervisor.state(id)?.endpoints[0]?.ipv4?.address, '172.17.0.2');
  assert.match(readFileSync(join(root, 'containers', id, 'hosts'), 'utf8'), /1\.2\.3\.4\tx\n172\.17\.0\.2\taaaaaaaaaaaa\n$/);
  assert.equal(readFileSync(join(root, 'containers', id, 'hostname'), 'utf8'), 'aaaaaaaaaaaa\n');
  const rootfs = runtime.tasks.get(id)?.options.rootfs[0];
  assert.deepEqual(rootfs?.options[0], `lowerdir=${join(root, 'init-layer')}:${base}`);
  const exit = supervisor.wait(id, 'next-exit');
  runtime.tasks.get(id)?.finish(3);
  assert.equal((await exit).code, 3);
  assert.deepEqual([supervisor.state(id)?.status, supervisor.state(id)?.endpoints.length], ['exited', 0]);
  assert.equal((await supervisor.wait(id, 'not-running')).code, 3);
  const removed = supervisor.wait(id, 'removed');
  await supervisor.remove(id, { force: false });
  assert.equal((await removed).code, 3);
  assert.deepEqual(kinds(), ['created', 'started', 'exited', 'removed']);
  assert.deepEqual(networks.log, ['allocate bridge', 'attach 4242', 'release']);
  assert.equal(runtime.tasks.size + snapshots.keys.size, 0);
  await removalsDone();
  assert.equal(existsSync(join(root, 'containers', id)), false);
  assert.equal(supervisor.state(id), undefined);
});

test('an end is told while shim and cgroup are still going; the next start and a handover wait for them', async () => {
  const { supervisor, runtime } = setUp();
  const first = Promise.withResolvers<void>();
  await supervisor.create(onBridge);
  await supervisor.start(id);
  const ending = taskOf(runtime);
  ending.leaves = first.promise;
  const ended = supervisor.wait(id, 'next-exit');
  ending.finish(0);
  await ended;
  let started = false;
  const again = supervisor.start(id).then(() => (started = true));
  let retired = false;
  const rest = supervisor.retire().then(() => (retired = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([supervisor.state(id)?.status, started, retired, runtime.tasks.size], ['exited', false, false, 1]);
  first.resolve();
  await Promise.all([again, rest]);
  assert.equal(supervisor.state(id)?.status, 'running');
});

test('a removal does not wait for shim and cgroup', async () => {
  const { supervisor, runtime, kinds } = setUp();
  await supervisor.create(onBridge);
  await supervisor.start(id);
  const { promise, resolve } = Promise.withResolvers<void>();
  taskOf(runtime).leaves = promise;
  await supervisor.remove(id, { force: true });
  assert.deepEqual([kinds().at(-1), runtime.tasks.size], ['removed', 1]);
  resolve();
  await supervisor.retire();
  assert.equal(runtime.tasks.size, 0);
});

const waitedFor: [string, Partial<ContainerSpec>][] = [
  ['without a pid namespace of its own: other processes of its may live until its cgroup goes', { namespaces: { ...onBridge.namespaces, pid: 'host' } }],
  ['with files of the host mounted: they are until its shim goes', { mounts: [{ type: 'bind', source: '/srv', destination: '/srv', options: [] }] }],
  ['privileged: what it has mounted of the host\'s devices is until its shim goes', { security: { ...onBridge.security, privileged: true } }],
  ['with the capability to mount', { security: { ...onBridge.security, capAdd: ['CAP_SYS_ADMIN'] } }],
  ['below a cgroup of the user\'s, which he may remove then', { cgroupParent: '/theirs' }],
  ['made by another runtime, which holds what it likes until it deletes it', { runtime: 'runc' }],
  ['with hooks that run at the very end', { hooks: { poststop: [{ path: '/bin/true' }] } }],
];
for (const [title, change] of waitedFor) test(`the end is told when shim and cgroup have gone, ${title}`, async () => {
  const { supervisor, runtime } = setUp();
  await supervisor.create(exampleSpec({ id, ...change }));
  await supervisor.start(id);
  const task = taskOf(runtime);
  const { promise, resolve } = Promise.withResolvers<void>();
  task.leaves = promise;
  const ended = supervisor.wait(id, 'next-exit');
  task.finish(0);
  await new Promise((done) => setImmediate(done));
  assert.equal(supervisor.state(id)?.status, 'running');
  resolve();
  await ended;
  assert.equal(runtime.tasks.size, 0);
});

for (const failing of ['create', 'start', 'attach'] as const) {
  test(`a start that fails at ${failing} leaves nothing and says why`, async () => {
    const networks = fakeNetworks(failing === 'attach' ? 'attach' : undefined);
    const { supervisor, runtime, kinds } = setUp({ runtime: fakeRuntime(failing === 'attach' ? undefined : failing), networks });
    await supervisor.create(onBridge);
    const attachment = await supervisor.attach(id, { stdin: true, stdout: true, stderr: true });
    await assert.rejects(supervisor.start(id), { message: `${failing} failed` });
    if (failing !== 'start') assert.deepEqual(await Array.fromAsync(attachment.output), [], 'who waited for it is let go'); // then the task's end tells it
    assert.equal(runtime.tasks.size, 0);
    assert.equal(networks.log.at(-1), 'release');
    const state = supervisor.state(id);
    assert.deepEqual([state?.status, state?.error, state?.endpoints.length], ['created', `${failing} failed`, 0]);
    assert.deepEqual(kinds(), ['created', 'start-failed'], 'what it had for a moment is told');
  });
}

test('what hindered a start before it was asked for is told in the state; an exit code of its own stays', async () => {
  const { supervisor, runtime } = setUp();
  await supervisor.create(onBridge);
  await supervisor.recordStartFailure(id, new Error('no such volume'));
  assert.deepEqual([supervisor.state(id)?.error, supervisor.state(id)?.exit?.code], ['no such volume', 128]);
  await supervisor.start(id);
  await supervisor.recordStartFailure(id, new Error('not of this run'));
  assert.equal(supervisor.state(id)?.error, '');
  const exited = supervisor.wait(id, 'not-running');
  runtime.tasks.get(id)?.finish(7);
  await exited;
  await supervisor.recordStartFailure(id, new Error('no such container'));
  assert.deepEqual([supervisor.state(id)?.error, supervisor.state(id)?.exit?.code], ['no such container', 7]);
});

test('attached before the start, not a byte is missed', async () => {
  const { supervisor, runtime } = setUp();
  await supervisor.create(onBridge);
  await using attachment = await supervisor.attach(id, { stdin: false, stdout: true, stderr: true });
  await supervisor.start(id);
  const read = Array.fromAsync(attachment.output);
  runtime.tasks.get(id)?.finish(0);
  assert.deepEqual((await read).map((chunk) => Buffer.from(chunk.bytes).toString()), ['out\n']);
});

/** A supervisor whose next task is changed by `change` when it has been made. */
async function withTask(change: (task: FakeTask) => void) {
  const runtime = fakeRuntime();
  const { create } = runtime;
  const supervisor = setUp({ runtime: Object.assign(runtime, {
    create: async (options: CreateOptions) => {
      const task = await create(options);
      change(taskOf(runtime));
      return task;
    },
  }) }).supervisor;
  await supervisor.create(exampleSpec({ id }));
  return { supervisor, runtime };
}

const streams = { stdin: false, stdout: true, stderr: true };

test('who comes to attach while the program is being let go is attached', async () => {
  const late: Promise<Attachment>[] = [];
  const { supervisor, runtime } = await withTask((task) => {
    task.start = async () => void late.push(supervisor.attach(id, streams));
  });
  await supervisor.start(id);
  const [attachment] = await Promise.all(late);
  taskOf(runtime).finish(0);
  assert.equal((await Array.fromAsync(attachment?.output ?? [])).length, 1);
});

test('one who cannot be attached lets go of all who waited with him, and the start fails', async () => {
  const { supervisor } = await withTask((task) => {
    task.attach = () => Promise.reject(new Error('no descriptors'));
  });
  const waiting = await Promise.all([supervisor.attach(id, streams), supervisor.attach(id, streams)]);
  await assert.rejects(supervisor.start(id), { message: /no descriptors/ });
  for (const { output } of waiting) assert.deepEqual(await Array.fromAsync(output), []);
});

test('an attacher of a container that is removed unstarted is let go', async () => {
  const { supervisor } = setUp();
  await supervisor.create(onBridge);
  const attachment = await supervisor.attach(id, { stdin: true, stdout: true, stderr: true });
  const read = Array.fromAsync(attachment.output);
  await supervisor.remove(id, { force: false });
  assert.deepEqual(await read, []);
});

test('stop: the stop signal first, SIGKILL when patience ends', async () => {
  const { supervisor, runtime, events } = setUp();
  await supervisor.create(onBridge);
  await supervisor.start(id);
  const task = runtime.tasks.get(id);
  assert.ok(task);
  task.stubborn = true;
  await supervisor.stop(id, 0.02);
  assert.deepEqual(task.signals, [15, 9]);
  assert.equal(supervisor.state(id)?.exit?.code, 137);
  assert.deepEqual(events.flatMap((event) => (event.kind === 'signalled' ? [event.signal] : [])), [15, 9]);
  await assert.rejects(supervisor.stop(id), { kind: 'NotModified' });
  await assert.rejects(supervisor.kill(id, 15), { kind: 'Conflict', message: `container ${id} is not running` });
});

test('stop: a number that is no signal is not sent, and brings SIGKILL after two seconds', async (context) => {
  const { supervisor, runtime } = setUp();
  await supervisor.create(onBridge);
  await supervisor.start(id);
  const task = runtime.tasks.get(id);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const stopped = supervisor.stop(id, -1, 99);
  await new Promise((resolve) => setImmediate(resolve));
  context.mock.timers.tick(1999);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(task?.signals, []);
  context.mock.timers.tick(1);
  await stopped;
  assert.deepEqual(task?.signals, [9]);
});

test('a paused container is thawed by the signal that ends it', async () => {
  const { supervisor } = setUp();
  await supervisor.create(onBridge);
  await supervisor.start(id);
  await supervisor.pause(id);
  await assert.rejects(supervisor.pause(id), { kind: 'Conflict', message: `Container ${id} is already paused` });
  await assert.rejects(supervisor.start(id), { message: 'cannot start a paused container, try unpause instead' });
  await supervisor.stop(id);
  assert.equal(supervisor.state(id)?.status, 'exited');
  await assert.rejects(supervisor.resume(id), { kind: 'Internal' });
});

test('remove refuses a running container unless forced', async () => {
  const { supervisor } = setUp();
  await supervisor.create(onBridge);
  await supervisor.start(id);
  await assert.rejects(supervisor.remove(id, { force: false }), { kind: 'Conflict' });
  await supervisor.remove(id, { force: true });
  assert.equal(supervisor.state(id), undefined);
});

test('a second daemon finds running containers again and sees exits it missed', async () => {
  const db = new Database(':memory:');
  const root = join(base, String(count++));
  const first = setUp({ db, root });
  const ended = bridged('b'.repeat(64));
  const lost = exampleSpec({ id: 'c'.repeat(64) });
  for (const spec of [onBridge, ended, lost]) {
    await first.supervisor.create(spec);
    await first.supervisor.start(spec.id);
  }
  const runtime = fakeRuntime();
  for (const found of [id, ended.id]) await (await runtime.create(taskOptions(found))).start();
  runtime.tasks.get(ended.id)?.finish(7);
  const second = setUp({ db, root, runtime, networks: first.networks });
  first.networks.log.length = 0;
  await second.supervisor.recover();
  assert.equal(second.supervisor.state(id)?.status, 'running');
  assert.equal(second.supervisor.state(ended.id)?.exit?.code, 7);
  assert.equal(second.supervisor.state(lost.id)?.exit?.code, 255);
  assert.deepEqual(second.networks.log, ['recover 4242']);
  assert.deepEqual(second.events.map((event) => event.kind === 'exited' && [event.id, event.endpoints.length]), [[ended.id, 1], [lost.id, 0]], 'the seat that it had is told');
  const exit = second.supervisor.wait(id, 'next-exit');
  runtime.tasks.get(id)?.finish(0);
  assert.equal((await exit).code, 0);
});

test('a run that no row knows of, begun and over around the old daemon\'s death, is told once', async () => {
  const db = new Database(':memory:');
  const root = join(base, String(count++));
  await setUp({ db, root }).supervisor.create(onBridge);
  const runtime = fakeRuntime();
  await (await runtime.create(taskOptions(id))).start();
  runtime.tasks.get(id)?.finish(9);
  const second = setUp({ db, root, runtime });
  await second.supervisor.recover();
  assert.deepEqual([second.supervisor.state(id)?.status, second.supervisor.state(id)?.exit?.code, second.kinds()], ['exited', 9, ['exited']]);
  const startedAt = second.supervisor.state(id)?.startedAt ?? 0;
  const again = fakeRuntime();
  const stale = await again.create(taskOptions(id));
  Object.assign(stale, { status: 'stopped', startedAt });
  const third = setUp({ db, root, runtime: again });
  await third.supervisor.recover();
  assert.deepEqual([third.supervisor.state(id)?.exit?.code, third.kinds(), again.tasks.size], [9, [], 0]);
});

test('who stops or removes a container whose policy is just starting it again ends that run too', async () => {
  const { supervisor, runtime } = setUp();
  await supervisor.create(onBridge);
  const betweenRuns = async (): Promise<void> => {
    await supervisor.start(id);
    const ended = supervisor.wait(id, 'next-exit');
    runtime.tasks.get(id)?.finish(1);
    await ended;
    supervisor.markRestarting(id, true);
  };
  await betweenRuns();
  await Promise.all([supervisor.start(id), supervisor.stop(id, 10, undefined)]);
  assert.equal(supervisor.state(id)?.status, 'exited');
  await betweenRuns();
  await supervisor.stop(id, 10, undefined);
  assert.equal(supervisor.state(id)?.status, 'exited');
  await betweenRuns();
  await Promise.all([supervisor.start(id), supervisor.remove(id, { force: true })]);
  assert.equal(supervisor.state(id), undefined);
});

test('want of memory is told when it happens, once a run at its end at the latest', async () => {
  const { supervisor, runtime, kinds } = setUp();
  await supervisor.create(onBridge);
  for (const early of [true, false]) {
    await supervisor.start(id);
    const ended = supervisor.wait(id, 'next-exit');
    const task = runtime.tasks.get(id);
    if (early) task?.wantMemory();
    task?.finish(137, 9, true);
    assert.equal((await ended).oomKilled, true);
  }
  assert.deepEqual(kinds().filter((kind) => kind === 'oom' || kind === 'exited'), ['oom', 'exited', 'oom', 'exited']);
});

test('recover deletes what no row names, also after a removal cut short', async () => {
  const db = new Database(':memory:');
  const root = join(base, String(count++));
  const first = setUp({ db, root });
  await first.supervisor.create(onBridge);
  db.run('DELETE FROM supervised');
  const runtime = fakeRuntime();
  await runtime.create(taskOptions('d'.repeat(64)));
  const second = setUp({ db, root, runtime });
  await second.snapshots.prepare('f'.repeat(64), undefined);
  await second.snapshots.prepare('unpack-1', undefined);
  await second.supervisor.recover();
  assert.deepEqual(second.supervisor.list('engine'), []);
  assert.equal(runtime.tasks.size, 0);
  assert.deepEqual([...second.snapshots.keys.keys()], ['unpack-1']);
  await removalsDone();
  assert.equal(existsSync(join(root, 'containers', id)), false);
});
