/**
 * Makes a task: directory, shim, cgroup, launch. The shim's program is being loaded while the cgroup is made. The record
 * on disk comes first of all, so that whoever finds a half-made task knows what to clear away; a create that fails here
 * leaves nothing.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidArgument } from '#base';
import { Cgroup, compileSeccomp, type CompiledSeccomp } from '#kernel';
import { encodePlan, FrameType, ShimConnection, ShimFailure, spawnShim, type LaunchPlan } from '#shim';
import { compileCreate } from '../compile.ts';
import { cloneFlags } from '../compile/names.ts';
import type { CreateOptions, Task } from '../port.ts';
import { createFailure, reason } from './failure.ts';
import { makeTaskDirectory, removeTaskDirectory, writeTask, type TaskRecord } from './layout.ts';
import { cgroupPathOf, placementOf } from './placement.ts';
import type { PlanRoom } from './runtime.ts';
import { PlanTask, taskEvents, type TaskEvents } from './task.ts';

export async function createTask(room: PlanRoom, options: CreateOptions): Promise<Task> {
  if (!/^[\w+.-]+$/.test(options.id) || options.id.startsWith('.')) throw new InvalidArgument(`invalid container id format: ${options.id}`);
  const cgroup = new Cgroup(cgroupPathOf(options.spec, options.id, room.cgroupParent));
  const directory = join(room.tasksRoot, options.id);
  makeTaskDirectory(directory, options.id);
  try {
    return await launch(room, directory, cgroup, options);
  } catch (error) {
    await cgroup.remove();
    await removeTaskDirectory(directory);
    throw error;
  }
}

async function launch(room: PlanRoom, directory: string, cgroup: Cgroup, options: CreateOptions): Promise<Task> {
  const { id, spec, label } = options;
  const seccomp = spec.linux?.seccomp && compileSeccomp(spec.linux.seccomp);
  const plan = compile(options, cgroup, seccomp);
  const record = recordOf(options, cgroup, seccomp);
  writeTask(directory, record, seccomp?.program);
  const events = taskEvents((failure) => room.warn(id, reason(plan, failure)));
  const { socket, reap } = spawnShim(room.image, directory, label ?? id);
  const connection = new ShimConnection(socket, events.handlers);
  try {
    cgroup.create();
    cgroup.apply(spec.linux?.resources ?? {});
    const pid = await send(connection, plan, reap);
    return new PlanTask({ room, directory, record, cgroup, connection, events, pid, state: 'created', startedAt: undefined });
  } catch (error) {
    await abandon(connection, events);
    throw error instanceof ShimFailure ? createFailure(plan, error.failure) : error;
  }
}

/** The pid of the first process, once it waits to be started. */
async function send(connection: ShimConnection, plan: LaunchPlan, reap: () => void): Promise<number> {
  const answer = connection.request(FrameType.create, { payload: encodePlan(plan) });
  void connection.ready.then(reap, reap);
  return (await answer).payload.readUInt32LE(0);
}

/** A shim whose launch failed goes by itself; one that was never asked goes when nobody is connected. */
async function abandon(connection: ShimConnection, events: TaskEvents): Promise<void> {
  connection[Symbol.dispose]();
  await events.ending(0);
}

function compile(options: CreateOptions, cgroup: Cgroup, seccomp: CompiledSeccomp | undefined): LaunchPlan {
  const { id, spec, rootfs, stdio, init } = options;
  const root = resolve(spec.root?.path ?? 'rootfs');
  if (rootfs.length > 0) mkdirSync(root, { recursive: true });
  return compileCreate({ id, spec, root, rootfs, stdio, init, seccomp, cgroup: placementOf(cgroup, spec) });
}

function recordOf({ id, spec }: CreateOptions, cgroup: Cgroup, seccomp: CompiledSeccomp | undefined): TaskRecord {
  const namespaces = (spec.linux?.namespaces ?? []).reduce((flags, { type }) => flags | cloneFlags[type], 0);
  const { capabilities } = spec.process ?? {};
  return { version: 1, id, createdAt: Date.now(), cgroup: cgroup.path, capabilities, namespaces, seccompFlags: seccomp?.flags ?? 0 };
}
