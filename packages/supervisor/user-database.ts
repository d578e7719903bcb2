/** The passwd and group files of a container, read from its layers; those of an image are read once and remembered. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerSpec } from './port.ts';
import { readFileInLayers } from './layers.ts';
import type { Room } from './room.ts';
import { parseUserDatabase, type UserDatabase } from './users.ts';

/** By chain id. Images come and go; the oldest entries leave first. */
const remembered = new Map<string, UserDatabase>();
const limit = 64;

export function userDatabaseOf(room: Pick<Room, 'snapshots'>, spec: ContainerSpec): UserDatabase {
  const layers = room.snapshots.lowerPaths(spec.id);
  const own = layers[0];
  const touched = own !== undefined && lstatSync(join(own, 'etc'), { throwIfNoEntry: false }) !== undefined;
  if (touched || spec.chainId === undefined) return read(layers);
  const known = remembered.get(spec.chainId);
  if (known) return known;
  const database = read(layers);
  remember(spec.chainId, database);
  return database;
}

function read(layers: readonly string[]): UserDatabase {
  return parseUserDatabase(readFileInLayers(layers, '/etc/passwd') ?? '', readFileInLayers(layers, '/etc/group') ?? '');
}

function remember(chainId: string, database: UserDatabase): void {
  remembered.set(chainId, database);
  const oldest = remembered.keys().next();
  if (remembered.size > limit && !oldest.done) remembered.delete(oldest.value);
}
