/**
 * Removes a container: first its row, which is all that holds it; a snapshot and a directory without one are strays that
 * the next start clears, should this daemon be killed meanwhile.
 */
import { join } from 'node:path';
import { Conflict, messageOf } from '#base';
import { removeTreeLater } from '#kernel';
import type { ExitStatus } from '#runtime';
import { emit, entryOf, type Entry, type Room } from './room.ts';
import { removeSnapshots } from './snapshots.ts';
import { can } from './states.ts';
import { forceEnd } from './stop.ts';

/** Throws Conflict while it runs, unless `force` kills it first. */
export async function remove(room: Room, id: string, force: boolean): Promise<void> {
  const entry = entryOf(room, id);
  for (let gone = false; !gone; ) {
    if (force) await forceEnd(room, entry);
    gone = await room.lock.run(id, () => removeIdle(room, entry, force));
  }
}

/** False when a start by its restart policy came in between: then it is to be ended again. */
async function removeIdle(room: Room, entry: Entry, force: boolean): Promise<boolean> {
  if (!room.entries.has(entry.spec.id)) return true;
  if (force && entry.task) return false;
  requireRemovable(entry, force);
  entry.status = 'removing';
  await erase(room, entry);
  return true;
}

function requireRemovable(entry: Entry, force: boolean): void {
  if (can('remove', entry.status) !== 'no') return;
  if (entry.status === 'restarting' && force) return;
  throw new Conflict(refusals[entry.status] ?? `container is ${entry.status}`);
}

const refusals: Readonly<Record<string, string>> = {
  running: 'container is running: stop the container before removing or force remove',
  paused: 'container is paused and must be unpaused first',
  restarting: 'container is restarting: stop the container before removing or force remove',
};

async function erase(room: Room, entry: Entry): Promise<void> {
  const { id } = entry.spec;
  for (const attachment of entry.waiting) attachment.cancel();
  room.store.delete(id);
  await removeSnapshots(room, entry.spec);
  room.entries.delete(id);
  // Without a row it is a stray that the next start would clear: nobody needs to wait.
  removeTreeLater(join(room.containersRoot, id), (error) => room.log('error', `directory of container ${id}: ${messageOf(error)}`));
  emit(room, { kind: 'removed', id, at: Date.now() });
  entry.removed.resolve(entry.exit ?? neverRan());
}

function neverRan(): ExitStatus {
  return { code: 0, signal: undefined, oomKilled: false, at: Date.now() };
}
