/** Finds a task again by its directory, whoever made it and whatever has been killed since. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isKind } from '#base';
import { connectShim, FrameType, parseStatus, type ShimConnection } from '#shim';
import type { Task } from '../port.ts';
import { readEnding, readTask, socketPath, type TaskRecord } from './layout.ts';
import type { PlanRoom } from './runtime.ts';
import { PlanTask, taskEvents, type TaskEvents } from './task.ts';

export async function loadTask(room: PlanRoom, id: string): Promise<Task | undefined> {
  const directory = join(room.tasksRoot, id);
  if (!existsSync(directory)) return undefined;
  const record: TaskRecord = readTask(directory) ?? { version: 1, id, createdAt: 0, cgroup: undefined, namespaces: 0, seccompFlags: 0 };
  const events = taskEvents((failure) => room.warn(id, `operation ${failure.op}: errno ${failure.errno}`));
  const connection = await reachShim(directory, events);
  if (!connection) {
    events.handlers.closed?.();
    return new PlanTask({ room, directory, record, connection, events, pid: 0, state: 'stopped', startedAt: readEnding(directory)?.startedAt });
  }
  const status = parseStatus((await connection.request(FrameType.status)).payload);
  const state = status.state === 'ended' ? 'stopped' : status.startedAt ? 'running' : 'created';
  return new PlanTask({ room, directory, record, connection, events, pid: status.pid, state, startedAt: status.startedAt });
}

async function reachShim(directory: string, events: TaskEvents): Promise<ShimConnection | undefined> {
  try {
    return await connectShim(socketPath(directory), events.handlers);
  } catch (error) {
    if (isKind(error, 'Unavailable')) return undefined;
    throw error;
  }
}
