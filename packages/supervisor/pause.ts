/** Freezes and thaws every process of a container. */
import { Conflict, Internal } from '#base';
import { emit, entryOf, type Entry, type Room } from './room.ts';
import { can } from './states.ts';

/** Throws Conflict when it does not run or is paused already. */
export async function pause(room: Room, id: string): Promise<void> {
  await room.lock.run(id, async () => {
    const entry = entryOf(room, id);
    requirePausable(entry);
    await entry.task?.pause();
    become(room, entry, 'paused');
    emit(room, { kind: 'paused', id, at: Date.now() });
  });
}

/** Throws Internal when it is not paused, as dockerd does. */
export async function resume(room: Room, id: string): Promise<void> {
  await room.lock.run(id, async () => {
    const entry = entryOf(room, id);
    if (can('unpause', entry.status) !== 'yes') throw new Internal(`Container ${id} is not paused`);
    await entry.task?.resume();
    become(room, entry, 'running');
    emit(room, { kind: 'resumed', id, at: Date.now() });
  });
}

function requirePausable(entry: Entry): void {
  const { id } = entry.spec;
  const verdict = can('pause', entry.status);
  if (verdict === 'already') throw new Conflict(`Container ${id} is already paused`);
  if (entry.status === 'restarting') throw new Conflict(`Container ${id} is restarting, wait until the container is running`);
  if (verdict === 'no') throw new Conflict(`container ${id} is not running`);
}

function become(room: Room, entry: Entry, status: 'paused' | 'running'): void {
  entry.status = status;
  room.store.saveState(entry);
}
