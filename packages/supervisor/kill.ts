/** Sends a signal to a container's first process; a paused one is thawed, so that it can end. */
import { Conflict, errnoOf, isKind } from '#base';
import { emit, entryOf, type Entry, type Room } from './room.ts';
import { can } from './states.ts';

const sigkill = 9;

/** Throws Conflict when it does not run. */
export async function kill(room: Room, id: string, signal: number): Promise<void> {
  const entry = entryOf(room, id);
  const verdict = can('kill', entry.status);
  if (verdict === 'already') return;
  if (verdict === 'no' || !entry.task) throw new Conflict(`container ${id} is not running`);
  await send(entry, signal);
  emit(room, { kind: 'signalled', id, at: Date.now(), signal });
  if (entry.status === 'paused') await thaw(room, entry);
}

async function send(entry: Entry, signal: number): Promise<void> {
  try {
    if (signal === sigkill) await entry.task?.killAll(signal);
    else await entry.task?.kill(signal);
  } catch (error) {
    // It ended between the check and the signal, or its shim while it was asked; its exit is on the way.
    if (errnoOf(error) !== 'ESRCH' && !isKind(error, 'NotFound') && !isKind(error, 'Unavailable')) throw error;
  }
}

async function thaw(room: Room, entry: Entry): Promise<void> {
  await room.lock.run(entry.spec.id, async () => {
    if (entry.status !== 'paused' || !entry.task) return;
    // The runtime thaws by itself what it kills.
    if (entry.task.status === 'paused') await entry.task.resume();
    entry.status = 'running';
    room.store.saveState(entry);
  });
}
