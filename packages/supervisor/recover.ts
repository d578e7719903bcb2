/**
 * After a daemon start: rows, tasks, snapshots and directories are brought together again.
 *
 *   row says running, task lives        ▸ taken back, watched again
 *   row says running, task ended        ▸ its exit is recorded now
 *   row says running, no task           ▸ the machine went down: exit 255
 *   row says stopped, task runs         ▸ the old daemon died just after the start: taken back
 *   row says stopped, task ran since    ▸ the same, and the run is over: its exit is recorded now
 *   task created but never started      ▸ deleted: the container is as it was
 *   task, snapshot or directory without row ▸ deleted
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#base';
import { unmountFromHost } from '#kernel';
import type { ExitStatus, Task } from '#runtime';
import { ensureDefaultProfile, lacksParser } from './apparmor/load.ts';
import { settle, unknownExitCode, watch } from './exit.ts';
import { unmapLayers } from './id-map.ts';
import { newEntry, type Entry, type Room } from './room.ts';
import { containerOfSnapshot } from './snapshots.ts';

export async function recover(room: Room): Promise<void> {
  if (room.host.appArmor) await ensureDefaultProfile().catch((error: unknown) => room.log('error', messageOf(error))); // each start asks again, and fails
  else if (lacksParser()) room.log('warn', 'AppArmor is on, but apparmor_parser is not installed: containers have no profile');
  for (const stored of room.store.list()) room.entries.set(stored.spec.id, { ...newEntry(stored.spec), ...stored });
  const tasks = await loadTasks(room);
  const alive = [...room.entries.values()].filter((entry) => adopt(entry, tasks.get(entry.spec.id)));
  const over = new Map([...room.entries.values()].filter(isOver).map((entry) => [entry, room.networks.endpoints({ containerId: entry.spec.id })]));
  await room.networks.recover(alive.map((entry) => ({ containerId: entry.spec.id, pid: entry.pid })));
  for (const entry of alive) watchAgain(room, entry);
  for (const [id, task] of tasks) if (room.entries.get(id)?.task !== task) await attempt(room, id, () => task.delete(true));
  for (const [entry, had] of over) await settle(room, entry, entry.task, await endOf(entry), had);
  await removeStrays(room);
}

async function loadTasks(room: Room): Promise<Map<string, Task>> {
  const tasks = new Map<string, Task>();
  for (const id of await room.runtime.list()) {
    await attempt(room, id, async () => {
      const task = await room.runtime.load(id);
      if (task) tasks.set(id, task);
    });
  }
  return tasks;
}

/** Takes a task back; true when its process lives. A stopped one is kept for its exit status. */
function adopt(entry: Entry, task: Task | undefined): boolean {
  if (!task || task.status === 'created') return false;
  if (task.status === 'stopped' && !exitIsOwed(entry, task)) return false;
  entry.task = task;
  entry.pid = task.pid;
  entry.startedAt = task.startedAt ?? entry.startedAt ?? Date.now();
  if (task.status === 'stopped') return false;
  entry.status = task.status;
  return true;
}

/** The end of a run that no row tells of: begun after the last end that one does. */
function exitIsOwed(entry: Entry, task: Task): boolean {
  if (entry.status === 'running' || entry.status === 'paused') return true;
  return task.startedAt !== undefined && task.startedAt > (entry.finishedAt ?? 0);
}

function watchAgain(room: Room, entry: Entry): void {
  room.store.saveState(entry);
  if (entry.task) watch(room, entry, entry.task);
}

/** Its run ended while no daemon looked, or went with the machine. */
function isOver(entry: Entry): boolean {
  return entry.task ? entry.task.status === 'stopped' : entry.status === 'running' || entry.status === 'paused';
}

async function endOf({ task }: Entry): Promise<ExitStatus> {
  return task ? task.wait() : { code: unknownExitCode, signal: undefined, oomKilled: false, at: Date.now() };
}

async function removeStrays(room: Room): Promise<void> {
  for (const { key, kind } of room.snapshots.list()) {
    const owner = kind === 'committed' ? undefined : containerOfSnapshot(key);
    if (owner === undefined || room.entries.has(owner)) continue;
    await attempt(room, key, () => room.snapshots.remove(key));
  }
  for (const name of await readdir(room.containersRoot)) {
    if (room.entries.has(name)) continue;
    unmountFromHost(join(room.containersRoot, name, 'shm'));
    unmapLayers(room, name);
    await rm(join(room.containersRoot, name), { recursive: true, force: true });
  }
}

/** One broken container must not keep the daemon from starting. */
async function attempt(room: Room, id: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    room.log('error', `recovering container ${id}: ${messageOf(error)}`);
  }
}
