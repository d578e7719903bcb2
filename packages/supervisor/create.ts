/** Makes a container: a snapshot to write on, a directory for its files, a row. Leaves none of them when it throws. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict } from '#base';
import type { ContainerSpec } from './port.ts';
import { holdSnapshots, removeSnapshots } from './snapshots.ts';
import { emit, newEntry, type Room } from './room.ts';

export async function create(room: Room, spec: ContainerSpec): Promise<void> {
  if (room.entries.has(spec.id)) throw new Conflict(`container ${spec.id} already exists`);
  const entry = newEntry(spec);
  // Reserved before the first await, so that a second create of the same id sees it.
  room.entries.set(spec.id, entry);
  const directory = join(room.containersRoot, spec.id);
  try {
    await room.snapshots.prepare(spec.id, spec.chainId, { volatile: spec.disposable ?? false, ...(spec.size !== undefined && { size: spec.size }) });
    await holdSnapshots(room, spec);
    mkdirSync(directory, { mode: 0o710 });
    room.store.insert(spec);
  } catch (error) {
    room.entries.delete(spec.id);
    rmSync(directory, { recursive: true, force: true });
    await removeSnapshots(room, spec);
    throw error;
  }
  emit(room, { kind: 'created', id: spec.id, at: Date.now() });
}
