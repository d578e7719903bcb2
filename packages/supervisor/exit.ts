/** What happens when a container's first process ends: everything the run held is given back, then the world is told. */
import { messageOf } from '#base';
import type { Endpoint } from '#network';
import type { ExitStatus, Task } from '#runtime';
import { closeSharedMemory } from './shared-memory.ts';
import { emit, type Entry, type Room } from './room.ts';

/** Waits for the task's end in the background. */
export function watch(room: Room, entry: Entry, task: Task): void {
  const { id } = entry.spec;
  entry.oomTold = false;
  task.watchOom(() => {
    entry.oomTold = true;
    emit(room, { kind: 'oom', id, at: Date.now() });
  });
  task.wait().then(
    (exit) => settle(room, entry, task, exit),
    (error: unknown) => settle(room, entry, task, lostExit(room, entry, error)),
  ).catch((error: unknown) => room.log('error', `end of container ${id}: ${messageOf(error)}`));
}

/** Exit code of a container whose end nobody saw. */
export const unknownExitCode = 255;

/** Gives back network, shared memory, cgroup and shim, records the status, tells the listeners and whoever waits. `had`: seats that it had, where they were given back before. */
export async function settle(room: Room, entry: Entry, task: Task | undefined, exit: ExitStatus, had?: readonly Endpoint[]): Promise<void> {
  const { id } = entry.spec;
  await room.lock.run(id, async () => {
    if (entry.task !== task) return;
    if (room.retired) return tellAsRetired(entry, exit);
    const endpoints = room.networks.endpoints({ containerId: id });
    await Promise.all([
      endpoints.length > 0 && tidy(room, id, room.networks.release(id)),
      task && tidy(room, id, task.delete(true)),
      tidy(room, id, (async () => closeSharedMemory(room, entry.spec))()),
    ]);
    entry.task = undefined;
    entry.status = 'exited';
    entry.pid = 0;
    entry.exit = exit;
    entry.finishedAt = exit.at;
    room.store.saveState(entry);
    if (exit.oomKilled && !entry.oomTold) emit(room, { kind: 'oom', id, at: exit.at });
    emit(room, { kind: 'exited', id, at: exit.at, exit, endpoints: had ?? endpoints, machineDown: task === undefined });
    tellWaiters(entry, exit);
  });
}

/** The successor records it; what this one shows must not contradict. */
function tellAsRetired(entry: Entry, exit: ExitStatus): void {
  entry.status = 'exited';
  entry.exit = exit;
  tellWaiters(entry, exit);
}

function tellWaiters(entry: Entry, exit: ExitStatus): void {
  const { resolve } = entry.nextExit;
  entry.nextExit = Promise.withResolvers();
  resolve(exit);
}

async function tidy(room: Room, id: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    room.log('error', `after the end of container ${id}: ${messageOf(error)}`);
  }
}

function lostExit(room: Room, entry: Entry, error: unknown): ExitStatus {
  room.log('error', `lost sight of container ${entry.spec.id}: ${messageOf(error)}`);
  return { code: unknownExitCode, signal: undefined, oomKilled: false, at: Date.now() };
}
