/** Makes a task: directory, cgroup, shim, launch. Whatever fails, nothing of it is left. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encodePlan, FrameType, ShimConnection, ShimFailure, spawnShim, type Failure, type LaunchPlan } from '#shim';
import { InvalidArgument } from '#base';
import { compileCreate } from '../compile.ts';
import { cloneFlags } from '../compile/names.ts';
import type { CreateOptions, Task } from '../port.ts';
import { createFailure, reason } from './failure.ts';
import { makeTaskDirectory, removeTaskDirectorySync, writeTask, type TaskRecord } from './layout.ts';
import type { PlanRoom } from './runtime.ts';
import { PlanTask, taskEvents } from './task.ts';

export async function createTask(room: PlanRoom, options: CreateOptions): Promise<Task> {
  if (!/^[\w+.-]+$/.test(options.id)) throw new InvalidArgument(`invalid container id format: ${options.id}`);
  const directory = join(room.tasksRoot, options.id);
  makeTaskDirectory(directory, options.id);
  try {
    return await launch(room, directory, options);
  } catch (error) {
    removeTaskDirectorySync(directory);
    throw error;
  }
}

async function launch(room: PlanRoom, directory: string, options: CreateOptions): Promise<Task> {
  const plan = planOf(options);
  const record = recordOf(options);
  const events = taskEvents((failure) => room.warn(options.id, reason(plan, failure)));
  const { socket, reap } = spawnShim(room.image, directory, options.label ?? options.id);
  using undo = new DisposableStack();
  const connection = undo.use(new ShimConnection(socket, events.handlers));
  const answer = connection.request(FrameType.create, { payload: encodePlan(plan) });
  writeTask(directory, record, undefined);
  const pid = await readyPid(connection, answer, reap, (failure) => createFailure(plan, failure));
  undo.move();
  return new PlanTask({ room, directory, record, connection, events, pid, state: 'created', startedAt: undefined });
}

async function readyPid(connection: ShimConnection, answer: Promise<{ payload: Buffer }>, reap: () => void, explain: (failure: Failure) => Error): Promise<number> {
  try {
    await connection.ready.finally(reap);
    return (await answer).payload.readUInt32LE(0);
  } catch (error) {
    await answer.catch(() => undefined);
    throw error instanceof ShimFailure ? explain(error.failure) : error;
  }
}

function planOf(options: CreateOptions): LaunchPlan {
  const root = resolve(options.spec.root?.path ?? 'rootfs');
  if (options.rootfs.length > 0) mkdirSync(root, { recursive: true });
  return compileCreate({
    id: options.id,
    spec: options.spec,
    root,
    rootfs: options.rootfs,
    stdio: options.stdio,
    init: options.init,
    seccomp: undefined,
    cgroup: { procs: [], into: undefined, view: undefined, oom: undefined },
  });
}

function recordOf({ id, spec }: CreateOptions): TaskRecord {
  const namespaces = (spec.linux?.namespaces ?? []).reduce((flags, { type }) => flags | cloneFlags[type], 0);
  return { version: 1, id, createdAt: Date.now(), cgroup: undefined, namespaces, seccompFlags: 0 };
}
