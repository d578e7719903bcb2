/**
 * What happens when a container's first process ends: what others could want (addresses, ports) is given back, the world is
 * told, and its shim and cgroups go behind that. They are the container's own until then: see `runGone`.
 */
import { messageOf } from '#base';
import type { Endpoint } from '#network';
import type { ExitStatus, Task } from '#runtime';
import { closeSharedMemory } from './shared-memory.ts';
import type { ContainerSpec } from './port.ts';
import { emit, type Entry, type Room } from './room.ts';
import { grantedCapabilities } from './spec/capabilities.ts';

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

/**
 * Gives back the network and shared memory, records the status, tells the listeners and whoever waits. The task goes meanwhile
 * and after that; a daemon killed amid it leaves a task that no row calls running, which the next one deletes. `had`: seats that
 * it had, where they were given back before.
 */
export async function settle(room: Room, entry: Entry, task: Task | undefined, exit: ExitStatus, had?: readonly Endpoint[]): Promise<void> {
  const { id } = entry.spec;
  await room.lock.run(id, async () => {
    if (entry.task !== task) return;
    if (room.retired) return tellAsRetired(entry, exit);
    const endpoints = room.networks.endpoints({ containerId: id });
    const deleted = task && room.lock.run(runOf(id), () => tidy(room, id, task.delete(true)));
    await Promise.all([
      endpoints.length > 0 && tidy(room, id, room.networks.release(id)),
      tidy(room, id, (async () => closeSharedMemory(room, entry.spec))()),
      holdsOthers(room, entry.spec) && deleted,
    ]);
    entry.task = undefined;
    entry.status = 'exited';
    entry.pid = 0;
    entry.exit = exit;
    entry.finishedAt = exit.at;
    await tidy(room, id, (async () => room.store.saveState(entry))()); // whoever waits is told, also where a full disk keeps the row from being written
    if (exit.oomKilled && !entry.oomTold) emit(room, { kind: 'oom', id, at: exit.at });
    emit(room, { kind: 'exited', id, at: exit.at, exit, endpoints: had ?? endpoints, machineDown: task === undefined });
    tellWaiters(entry, exit);
  });
}

/**
 * Whether what is still going could be in somebody's way. Without a pid namespace of its own the others of its processes end by
 * the cgroup's end alone; what it mounts of the host's, or can mount itself, stays mounted until its shim goes; a cgroup that the
 * user chose is his to remove; another runtime, and hooks that run at the very end, hold what they like.
 */
function holdsOthers(room: Room, { namespaces, mounts, security, cgroupParent, runtime, hooks }: ContainerSpec): boolean {
  return (
    namespaces.pid !== 'private' ||
    mounts.some(({ type }) => type !== 'tmpfs') ||
    grantedCapabilities(security, ['CAP_SYS_ADMIN']).includes('CAP_SYS_ADMIN') ||
    cgroupParent !== room.cgroupParent ||
    runtime !== undefined ||
    hooks?.poststop !== undefined
  );
}

/** The lock's key for what a run leaves behind its end. */
const runOf = (id: string): string => `${id}/run`;

/** Resolves when nothing of the container's last run is there any more: neither shim nor cgroup, and its root is mounted nowhere. */
export function runGone(room: Pick<Room, 'lock'>, id: string): Promise<void> {
  return room.lock.run(runOf(id), async () => undefined);
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
