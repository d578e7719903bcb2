/** Finds a task again by its directory, whoever made it and whatever has been killed since. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isKind } from '#base';
import { Cgroup, recordedLayout } from '#kernel';
import { connectShim, FrameType, parseStatus, type ShimConnection, type ShimStatus } from '#shim';
import type { Task } from '../port.ts';
import { taskEvents, type TaskEvents } from './events.ts';
import { readEnding, readTask, socketPath, type TaskRecord } from './layout.ts';
import type { PlanRoom } from './room.ts';
import type { TaskParts } from './process.ts';
import { PlanTask } from './task.ts';

/** `make`: a driver's own kind of task. */
export async function loadTask(room: PlanRoom, id: string, make = (parts: TaskParts): PlanTask => new PlanTask(parts)): Promise<Task | undefined> {
  const directory = join(room.tasksRoot, id);
  if (!existsSync(directory)) return undefined;
  const record = readTask(directory) ?? halfMade(room, id);
  const cgroup = new Cgroup(record.cgroup, recordedLayout(record.below));
  const events = taskEvents();
  const connection = await reachShim(directory, events);
  if (!connection) {
    events.handlers.closed?.();
    return make({ room, directory, record, cgroup, connection, events, pid: 0, state: 'stopped', startedAt: readEnding(directory)?.startedAt, seedPid: 0 });
  }
  const status = parseStatus((await connection.request(FrameType.status)).payload);
  const state = stateOf(status, cgroup);
  return make({ room, directory, record, cgroup, connection, events, pid: status.pid, state, startedAt: status.startedAt, seedPid: status.seedPid });
}

/** Cut off before its record was written: nothing but the directory can be there. */
function halfMade(room: PlanRoom, id: string): TaskRecord {
  return { version: 1, id, createdAt: 0, cgroup: join('/', room.cgroupParent, id), capabilities: undefined, namespaces: 0, seccomp: undefined, seccompFlags: 0, listener: undefined };
}

function stateOf(status: ShimStatus, cgroup: Cgroup): Task['status'] {
  if (status.state === 'ended') return 'stopped';
  if (!status.startedAt) return 'created';
  return cgroup.frozen ? 'paused' : 'running';
}

async function reachShim(directory: string, events: TaskEvents): Promise<ShimConnection | undefined> {
  try {
    return await connectShim(socketPath(directory), events.handlers);
  } catch (error) {
    if (isKind(error, 'Unavailable')) return undefined;
    throw error;
  }
}
