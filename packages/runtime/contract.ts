/**
 * What every driver of the runtime port must do, as tests. A driver's own test file calls this with a world that makes
 * options for containers on a root file system with busybox in it (needs root).
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isKind } from '#base';
import type { OciProcess, OciSpec } from '#spec';
import type { Attachment, CreateOptions, ExitStatus, Runtime, StdioOptions, Task } from './port.ts';

export interface ContractWorld extends AsyncDisposable {
  readonly runtime: Runtime;
  /** The same runtime as a daemon started anew would have it. */
  anotherRuntime(): Runtime;
  options(args: readonly string[], change?: (spec: OciSpec) => void, more?: Partial<CreateOptions>): CreateOptions;
  /** What its refusals say, when not what runC would. */
  readonly words?: { create(message: string): RegExp; exec(message: string): RegExp };
  /** Traces of tasks that should not be there. */
  leftovers(): string[];
}

const SIGTERM = 15;
const SIGKILL = 9;
const quiet: StdioOptions = { terminal: false, stdin: false, stdinOnce: false, log: undefined };
const interactive: StdioOptions = { ...quiet, stdin: true, stdinOnce: true };
const all = { stdin: false, stdout: true, stderr: true };

export function runtimeContract(driver: string, makeWorld: () => ContractWorld): void {
  suite(`runtime contract: ${driver}`, () => {
    let world: ContractWorld;
    before(() => {
      world = makeWorld();
    });
    after(() => world[Symbol.asyncDispose]());
    const create = (args: readonly string[], change?: (spec: OciSpec) => void, more?: Partial<CreateOptions>) => world.runtime.create(world.options(args, change, more));
    lifeCycle(create, () => world);
    stdio(create);
    execs(create, () => world);
    control(create);
    recovery(create, () => world);
  });
}

type Create = (args: readonly string[], change?: (spec: OciSpec) => void, more?: Partial<CreateOptions>) => Promise<Task>;

function lifeCycle(create: Create, world: () => ContractWorld): void {
  test('created, running, stopped, gone', async () => {
    const task = await create(['sh', '-c', 'exit 3']);
    assert.equal(task.status, 'created');
    assert.ok(task.pid > 1);
    await task.start();
    const exit = await task.wait();
    assert.deepEqual([exit.code, exit.signal, exit.oomKilled], [3, undefined, false]);
    assert.equal(task.status, 'stopped');
    await task.delete();
    assert.deepEqual(world().leftovers(), []);
  });

  test('a second start, a delete while running and a taken id are refused', async () => {
    const options = world().options(['sleep', '100']);
    const task = await world().runtime.create(options);
    await assert.rejects(world().runtime.create(options), (error) => isKind(error, 'Conflict'));
    await task.start();
    await assert.rejects(task.start(), (error) => isKind(error, 'Conflict'));
    await assert.rejects(task.delete(), (error) => isKind(error, 'Conflict'));
    await task.delete(true);
    assert.equal((await task.wait()).code, 128 + SIGKILL);
    assert.deepEqual(world().leftovers(), []);
  });

  test('a created task that was never started can be deleted', async () => {
    const task = await create(['true']);
    await task.delete(true);
    assert.deepEqual(world().leftovers(), []);
  });

  const refusals: [string, readonly string[], string][] = [
    ['not in $PATH', ['nosuch'], 'exec: "nosuch": executable file not found in $PATH: unknown'],
    ['not there', ['/nosuch'], 'exec: "/nosuch": stat /nosuch: no such file or directory: unknown'],
    ['not executable', ['/etc/passwd'], 'exec: "/etc/passwd": permission denied: unknown'],
    ['a directory', ['/tmp'], 'exec: "/tmp": is a directory: unknown: permission denied'],
  ];
  for (const [title, args, message] of refusals) {
    test(`a command that is ${title} fails the create and leaves nothing`, async () => {
      const wanted = `OCI runtime create failed: runc create failed: unable to start container process: ${message}`;
      await assert.rejects(create(args), { message: world().words?.create(message) ?? wanted });
      assert.deepEqual(world().leftovers(), []);
    });
  }
}

function stdio(create: Create): void {
  test('stdout and stderr come apart, whole', async () => {
    const task = await create(['sh', '-c', 'echo out; echo err >&2; head -c 300000 /dev/zero']);
    const { stdout, stderr } = await finish(task);
    assert.equal(stdout.length, 'out\n'.length + 300_000);
    assert.equal(stderr, 'err\n');
  });

  test('stdin reaches the process, and ends when the attacher ends it', async () => {
    const task = await create(['cat'], undefined, { stdio: interactive });
    const attachment = await task.attach({ ...all, stdin: true });
    attachment.stdin?.end('a'.repeat(200_000));
    assert.equal((await finish(task, attachment)).stdout.length, 200_000);
  });

  test('without stdin the process reads nothing', async () => {
    assert.equal((await finish(await create(['cat']))).stdout, '');
  });

  test('every attacher sees the output; one that leaves harms nobody', async () => {
    const task = await create(['sh', '-c', 'read x; echo $x; echo done'], undefined, { stdio: interactive });
    const [one, two, gone] = await Promise.all([task.attach({ ...all, stdin: true }), task.attach(all), task.attach(all)]);
    await gone[Symbol.asyncDispose]();
    await task.start();
    const outputs = [collect(one), collect(two)];
    one.stdin?.write('hello\n');
    assert.deepEqual((await Promise.all(outputs)).map(({ stdout }) => stdout), ['hello\ndone\n', 'hello\ndone\n']);
    await task.wait();
    await task.delete();
  });

  test('a terminal has a size, can be resized, and merges the streams', async () => {
    const terminal = (spec: OciSpec) => Object.assign(spec.process ?? {}, { terminal: true, consoleSize: { height: 33, width: 101 } });
    const task = await create(['sh', '-c', 'stty size; read x; stty size; tty >&2'], terminal, { stdio: { ...interactive, terminal: true } });
    const attachment = await task.attach({ ...all, stdin: true });
    const output = collect(attachment);
    await task.start();
    await task.resize(120, 40);
    attachment.stdin?.write('\n');
    assert.match((await output).stdout, /(33 101|40 120)[^]*40 120\r\n\/dev\/pts\/0/);
    await task.wait();
    await task.delete();
  });
}

function execs(create: Create, world: () => ContractWorld): void {
  const process = (args: string[], more: Partial<OciProcess> = {}): OciProcess => ({ args, cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 }, ...more });

  test('exec runs in the container with its own stdio, user, directory and environment', async () => {
    await using box = await running(create);
    const exec = await box.task.exec('one', process(['sh', '-c', 'id -u; pwd; echo $A; hostname; cat; exit 4'], { cwd: '/tmp', env: ['PATH=/bin', 'A=b'], user: { uid: 1000, gid: 1000 } }), interactive);
    const attachment = await exec.attach({ ...all, stdin: true });
    attachment.stdin?.end('in\n');
    assert.equal((await collect(attachment)).stdout, '1000\n/tmp\nb\nbox\nin\n');
    assert.equal((await exec.wait()).code, 4);
  });

  test('what an exec prints before anybody is attached is not lost', async () => {
    await using box = await running(create);
    const exec = await box.task.exec('one', process(['echo', 'early']), quiet);
    await sleep(50);
    assert.equal((await collect(await exec.attach(all))).stdout, 'early\n');
    assert.equal((await exec.wait()).code, 0);
  });

  test('an exec that has ended in silence can still be attached to', async () => {
    await using box = await running(create);
    const exec = await box.task.exec('one', process(['true']), interactive);
    assert.equal((await exec.wait()).code, 0);
    const attachment = await exec.attach({ ...all, stdin: true });
    attachment.stdin?.end('too late');
    assert.deepEqual(await collect(attachment), { stdout: '', stderr: '' });
  });

  test('an attachment that is begun with its exec has the streams it asked for, from the first byte to the end', async () => {
    await using box = await running(create);
    const attach = { stdout: true, stderr: false };
    const exec = await box.task.exec('one', process(['sh', '-c', 'echo out; echo err >&2; cat; exit 3']), { ...interactive, attach });
    const attachment = await exec.attach({ ...attach, stdin: true });
    attachment.stdin?.end('typed');
    assert.deepEqual(await collect(attachment), { stdout: 'out\ntyped', stderr: '' });
    assert.equal((await exec.wait()).code, 3);
    const many = Array.from({ length: 10 }, async (_, i) => {
      const one = await box.task.exec(`many-${i}`, process(['sh', '-c', `echo ${i}; head -c 200000 /dev/zero`]), { ...quiet, attach });
      return [(await collect(await one.attach({ ...attach, stdin: false }))).stdout.length, (await one.wait()).code];
    });
    assert.deepEqual(await Promise.all(many), many.map(() => [200_002, 0]));
    await assert.rejects(box.task.exec('x', process(['nosuch']), { ...quiet, attach }), /executable file not found/);
  });

  test('a detached exec is not held back by what it prints', async () => {
    await using box = await running(create);
    const exec = await box.task.exec('one', process(['head', '-c', '1000000', '/dev/zero']), { ...quiet, detached: true });
    assert.equal((await exec.wait()).code, 0);
  });

  test('exec of a missing command and into a missing directory says so', async () => {
    await using box = await running(create);
    const prefix = 'OCI runtime exec failed: exec failed: unable to start container process: ';
    const refused = (message: string) => ({ message: world().words?.exec(message) ?? prefix + message });
    await assert.rejects(box.task.exec('x', process(['nosuch']), quiet), refused('exec: "nosuch": executable file not found in $PATH: unknown'));
    await assert.rejects(box.task.exec('x', process(['true'], { cwd: '/nosuch' }), quiet), refused('chdir to cwd ("/nosuch") set in config.json failed: no such file or directory: unknown'));
  });

  test('exec on a terminal', async () => {
    await using box = await running(create);
    const exec = await box.task.exec('one', process(['stty', 'size'], { terminal: true, consoleSize: { height: 11, width: 22 } }), { ...quiet, terminal: true });
    assert.equal((await collect(await exec.attach(all))).stdout, '11 22\r\n');
  });

  test('an exec is signalled apart from its container', async () => {
    await using box = await running(create);
    const exec = await box.task.exec('one', process(['sleep', '100']), quiet);
    await exec.kill(SIGTERM);
    assert.deepEqual(pick(await exec.wait()), { code: 128 + SIGTERM, signal: SIGTERM });
    assert.equal(box.task.status, 'running');
  });
}

function control(create: Create): void {
  test('a signal that the process handles reaches it', async () => {
    const task = await create(['sh', '-c', 'trap "echo got; exit 7" TERM; echo up; while :; do sleep 0.05; done']);
    const attachment = await task.attach(all);
    await task.start();
    const first = await attachment.output[Symbol.asyncIterator]().next();
    assert.equal(Buffer.from((first.value as { bytes: Uint8Array }).bytes).toString(), 'up\n');
    await task.kill(SIGTERM);
    assert.equal((await task.wait()).code, 7);
    await task.delete();
  });

  test('pids, counters, limits; pause stops time for it', async () => {
    await using box = await running(create, ['sh', '-c', 'sleep 100 & sleep 100; true'], 3);
    assert.equal((await box.task.pids()).length, 3);
    await box.task.update({ memory: { limit: 64 << 20 }, pids: { limit: 50 } });
    const stats = await box.task.stats();
    assert.deepEqual([stats.memory.limit, stats.pids.limit, stats.pids.current], [64 << 20, 50, 3]);
    await box.task.pause();
    assert.equal(box.task.status, 'paused');
    await box.task.resume();
    assert.equal(box.task.status, 'running');
    await box.task.pause(); // deleted while frozen, by the disposal
  });

  test('killAll ends every process', async () => {
    const task = await create(['sh', '-c', 'trap "" TERM; sleep 100 & sleep 100; true']);
    await task.start();
    await task.killAll(SIGKILL);
    assert.deepEqual(pick(await task.wait()), { code: 128 + SIGKILL, signal: SIGKILL });
    await task.delete();
  });

  test('who is killed while he is being paused ends, and is not paused again before he has', async () => {
    await using box = await running(create);
    const paused = box.task.pause();
    const killed = box.task.killAll(SIGKILL);
    await assert.rejects(box.task.pause(), { kind: 'Conflict' });
    await killed;
    await Promise.allSettled([paused]); // a runtime that comes too late finds nobody
    assert.notEqual(box.task.status, 'paused');
    assert.deepEqual(pick(await box.task.wait()), { code: 128 + SIGKILL, signal: SIGKILL });
  });

  test('a memory hog is killed, and told apart', async () => {
    const task = await create(['tail', '/dev/zero'], (spec) => Object.assign(spec.linux?.resources ?? {}, { memory: { limit: 8 << 20, swap: 8 << 20 } }));
    await task.start();
    const exit = await task.wait();
    assert.deepEqual([exit.code, exit.oomKilled], [128 + SIGKILL, true]);
    await task.delete();
  });

  test('an init reaps orphans, hands signals on and ends as its command does', async () => {
    const script = 'trap "exit 9" TERM; sh -c "sleep 0.01 &"; sleep 0.1; ps -o stat,args | grep -c "^Z"; cat /proc/1/comm; while :; do sleep 0.05; done';
    const task = await create(['sh', '-c', script], undefined, { init: true });
    await using attachment = await task.attach(all);
    await task.start();
    let said = '';
    for await (const { bytes } of attachment.output) if ((said += Buffer.from(bytes)).endsWith('init\n')) break;
    await task.kill(SIGTERM);
    assert.equal((await task.wait()).code, 9);
    assert.equal(said, '0\ndocker-init\n');
    await task.delete();
  });
}

function recovery(create: Create, world: () => ContractWorld): void {
  test('another daemon finds the task running, and sees its end', async () => {
    const task = await create(['sh', '-c', 'until [ -e /tmp/end ]; do sleep 0.05; done; exit 5']);
    await task.start();
    const found = await world().anotherRuntime().load(task.id);
    assert.deepEqual([found?.status, found?.pid, found?.startedAt !== undefined], ['running', task.pid, true]);
    writeFileSync(`/proc/${task.pid}/root/tmp/end`, '');
    assert.equal((await found?.wait())?.code, 5);
    await found?.delete();
    assert.deepEqual(world().leftovers(), []);
  });

  test('another daemon learns how a task ended while nobody looked', async () => {
    const task = await create(['sh', '-c', 'exit 6']);
    await task.start();
    await task.wait();
    await sleep(20);
    const found = await world().anotherRuntime().load(task.id);
    assert.deepEqual([found?.status, (await found?.wait())?.code], ['stopped', 6]);
    await found?.delete();
  });

  test('list names every task, load of an unknown one gives nothing', async () => {
    const task = await create(['true']);
    assert.deepEqual(await world().runtime.list(), [task.id]);
    await task.delete(true);
    assert.deepEqual(await world().runtime.list(), []);
    assert.equal(await world().runtime.load('nobody'), undefined);
  });
}

/** A container that idles until it is disposed of. */
async function running(create: Create, args = ['sleep', '100'], processes = 1): Promise<{ task: Task } & AsyncDisposable> {
  const task = await create(args);
  await task.start();
  while ((await task.pids()).length < processes) await sleep(2);
  return { task, [Symbol.asyncDispose]: () => task.delete(true) };
}

const pick = ({ code, signal }: ExitStatus) => ({ code, signal });

/** Starts a created task, waits for its end and removes it; gives what it printed. */
async function finish(task: Task, attachment?: Attachment): Promise<{ stdout: string; stderr: string }> {
  const output = collect(attachment ?? (await task.attach(all)));
  await task.start();
  const result = await output;
  await task.wait();
  await task.delete();
  return result;
}

async function collect(attachment: Attachment): Promise<{ stdout: string; stderr: string }> {
  const parts: Record<1 | 2, Uint8Array[]> = { 1: [], 2: [] };
  for await (const { stream, bytes } of attachment.output) parts[stream].push(bytes);
  await attachment[Symbol.asyncDispose]();
  return { stdout: Buffer.concat(parts[1]).toString(), stderr: Buffer.concat(parts[2]).toString() };
}
