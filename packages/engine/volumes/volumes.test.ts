import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conflict, NotFound } from '#base';
import type { VolumeRecord, Volumes } from '#volumes';
import type { Engine } from '../context.ts';
import { createVolume } from './create.ts';
import { listVolumes } from './list.ts';
import { pruneVolumes } from './prune.ts';
import { removeVolume } from './remove.ts';

type Room = Pick<Engine, 'volumes' | 'containers' | 'events' | 'log'>;

const record = (name: string, more: Partial<VolumeRecord> = {}): VolumeRecord => ({
  name, driver: 'local', mountpoint: `/v/${name}/_data`, created: 1000, labels: {}, options: {}, anonymous: false, ...more,
});

/** Volumes in memory; the container `c1` uses `used`. */
function room(...records: VolumeRecord[]): { engine: Room; told: string[] } {
  const held = new Map(records.map((volume) => [volume.name, volume]));
  const told: string[] = [];
  const volumes: Partial<Volumes> = {
    list: () => [...held.values()],
    look: async (name) => volumes.find?.(name) ?? record(name),
    lookAll: async () => ({ volumes: [...held.values()], warnings: [] }),
    find(name) {
      const volume = held.get(name);
      if (!volume) throw new NotFound(`get ${name}: no such volume`);
      return volume;
    },
    create: async ({ name, labels = null, options = null }) => {
      const volume = held.get(name) ?? { ...record(name), labels, options };
      held.set(name, volume);
      return volume;
    },
    remove: async (name) => void held.delete(name),
    usage: async () => 7,
  };
  const engine = {
    volumes,
    containers: { list: () => [{ id: 'c1', mounts: [{ Type: 'volume', Name: 'used' }] }] },
    events: { publish: (type: string, action: string, id: string) => void told.push(`${type} ${action} ${id}`) },
    log: () => undefined,
  };
  return { engine: engine as unknown as Room, told };
}

test('creating a volume that is there tells nobody', async () => {
  const { engine, told } = room();
  const made = await createVolume(engine, { Name: 'a' });
  assert.deepEqual([made.Name, made.Labels, made.Options, made.CreatedAt], ['a', null, null, '1970-01-01T00:00:01Z']);
  const empty = await createVolume(engine, { Name: 'e', Labels: {}, DriverOpts: {} });
  assert.deepEqual([empty.Labels, empty.Options], [{}, {}], 'as they were given');
  await createVolume(engine, { Name: 'a' });
  assert.deepEqual(told, ['volume create a', 'volume create e']);
});

test('a volume in use stays, force or not; an unknown one is forgiven by force alone', async () => {
  const { engine } = room(record('used'));
  const inUse = { name: 'Conflict', message: 'remove used: volume is in use - [c1]' };
  await assert.rejects(removeVolume(engine, 'used', { force: false }), inUse);
  await assert.rejects(removeVolume(engine, 'used', { force: true }), Conflict);
  await assert.rejects(removeVolume(engine, 'ghost', { force: false }), { message: 'get ghost: no such volume' });
  await removeVolume(engine, 'ghost', { force: true });
});

test('lists filter by use, name and label', async () => {
  const { engine } = room(record('used'), record('free', { labels: { a: '1' } }));
  const names = (filters: Record<string, string[]>) =>
    listVolumes(engine, new Map(Object.entries(filters))).then(({ Volumes }) => Volumes.map((volume) => volume.Name));
  assert.deepEqual(await names({}), ['free', 'used']);
  assert.deepEqual(await names({ dangling: ['true'] }), ['free']);
  assert.deepEqual(await names({ dangling: ['false'] }), ['used']);
  assert.deepEqual(await names({ name: ['us'] }), ['used']);
  assert.deepEqual(await names({ label: ['a=1'] }), ['free']);
});

test('prune takes anonymous volumes, with all the named ones, never a used one, one with options or of another driver', async () => {
  const foreign = [record('sized', { options: { size: '1g' }, anonymous: true }), record('far', { driver: 'shelf', anonymous: true })];
  const records = [record('used', { anonymous: true }), record('named'), record('anon', { anonymous: true }), ...foreign];
  const { engine, told } = room(...records);
  assert.deepEqual(await pruneVolumes(engine, new Map(), { all: false }), { VolumesDeleted: ['anon'], SpaceReclaimed: 7 });
  assert.deepEqual(await pruneVolumes(engine, new Map([['all', ['true']]]), { all: false }), { VolumesDeleted: ['named'], SpaceReclaimed: 7 });
  assert.deepEqual(told, ['volume destroy anon', 'volume prune ', 'volume destroy named', 'volume prune ']);
});
