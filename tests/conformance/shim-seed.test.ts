/** The seed of a running container, from which its execs are born. Needs root. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Cgroup } from '#kernel';
import type { Task } from '#runtime';
import { connectShim, FrameType, parseStatus, type ShimStatus } from '#shim';
import { collect, RuntimeWorld } from '../support/bundle.ts';
import { until } from '../support/command.ts';

const skip = new Cgroup('/').layout.v1.length === 0 ? 'there are no cgroups of version 1 to enter: an exec is born in its own' : false;
const streams = { stdin: false, stdout: true, stderr: true };
const stdio = { terminal: false, stdin: false, stdinOnce: false, log: undefined, detached: false };
let world: RuntimeWorld;
before(() => {
  world = new RuntimeWorld();
});
after(() => world[Symbol.asyncDispose]());

suite('a seed', { skip }, () => {
  test('stays for every exec, one after another and at once, and is none of the container\'s processes', async () => {
    await using box = await running();
    assert.deepEqual(await output(box.task, 'one'), { stdout: 'one\n', code: 0 });
    const pid = await seedOf(box.task);
    await until('the seed is known', async () => !(await box.task.pids()).includes(pid));
    assert.match(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), new RegExp(`:pids:.*/${box.task.id}$`, 'm'));
    assert.deepEqual(await output(box.task, 'two'), { stdout: 'two\n', code: 0 });
    const many = await Promise.all(Array.from({ length: 20 }, (_, i) => output(box.task, String(i))));
    assert.deepEqual(many.map(({ stdout }) => stdout), many.map((_, i) => `${i}\n`));
    assert.equal(await seedOf(box.task), pid);
    await until('nothing else in the container', async () => (await box.task.pids()).length === 1); // stages end a moment after their execs begin
  });

  test('that was killed is replaced, and no exec fails for it', async () => {
    await using box = await running();
    await output(box.task, 'one');
    const pid = await seedOf(box.task);
    process.kill(pid, 'SIGKILL');
    assert.deepEqual(await output(box.task, 'two'), { stdout: 'two\n', code: 0 });
    await until('another seed', async () => {
      assert.deepEqual(await output(box.task, 'more'), { stdout: 'more\n', code: 0 });
      return ![0, pid].includes((await statusOf(box.task)).seedPid);
    });
  });

  test('that is stopped holds up neither its shim nor, once it goes on, any exec', async () => {
    await using box = await running();
    await output(box.task, 'one');
    const pid = await seedOf(box.task);
    process.kill(pid, 'SIGSTOP');
    const many = Array.from({ length: 60 }, (_, i) => output(box.task, String(i)));
    for (let i = 0; i < 5; i++) assert.equal((await statusOf(box.task)).state, 'running');
    process.kill(pid, 'SIGCONT');
    assert.deepEqual((await Promise.all(many)).map(({ stdout }) => stdout), many.map((_, i) => `${i}\n`));
  });

  test('goes with the container', async () => {
    await using box = await running();
    await output(box.task, 'one');
    const pid = await seedOf(box.task);
    await box.task.delete(true);
    await until('the end of the seed', async () => !existsSync(`/proc/${pid}`)); // whoever inherits it takes it
  });
});

test('an attachment to what has ended leaves the shim no connection', async () => {
  await using box = await running();
  const silent = async (attach?: { stdout: boolean; stderr: boolean }): Promise<void> => {
    const exec = await box.task.exec('silent', command(['true']), { ...stdio, attach });
    await exec.wait();
    assert.deepEqual(await collect(await exec.attach(streams)), { stdout: '', stderr: '' });
  };
  await silent();
  const { shimPid } = await statusOf(box.task);
  const open = (): number => readdirSync(`/proc/${shimPid}/fd`).length;
  const before = open();
  for (let i = 0; i < 10; i++) await silent(i % 2 ? streams : undefined);
  await until(`no more descriptors than ${before}`, async () => open() <= before);
});

const command = (args: string[]) => ({ args, cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } });

async function running(): Promise<{ task: Task } & AsyncDisposable> {
  const task = await world.create(['sleep', '1000']);
  await task.start();
  return { task, [Symbol.asyncDispose]: () => task.delete(true).catch(() => undefined) };
}

async function output(task: Task, word: string): Promise<{ stdout: string; code: number }> {
  const exec = await task.exec('x', command(['sh', '-c', `echo ${word}`]), stdio);
  const { stdout } = await collect(await exec.attach(streams));
  return { stdout, code: (await exec.wait()).code };
}

async function statusOf(task: Task): Promise<ShimStatus> {
  using connection = await connectShim(join(world.execRoot, 'tasks', task.id, 'shim.sock'));
  return parseStatus((await connection.request(FrameType.status)).payload);
}

/** It is planted behind the first exec's back. */
async function seedOf(task: Task): Promise<number> {
  let pid = 0;
  await until('a seed', async () => (pid = (await statusOf(task)).seedPid) !== 0);
  await until('the seed in its cgroups', async () => readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').filter((line) => line.endsWith(task.id)).length > 1);
  return pid;
}
