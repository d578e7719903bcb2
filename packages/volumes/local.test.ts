import assert from 'node:assert/strict';
import { link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Database } from '#base';
import { localVolumes } from './local.ts';
import type { Volumes } from './port.ts';

let root: string;
let db: Database;
let volumes: Volumes;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'volumes-'));
  db = new Database(':memory:');
  volumes = localVolumes({ db, root });
});
afterEach(async () => {
  db[Symbol.dispose]();
  await rm(root, { recursive: true });
});

test('makes, finds, lists and removes', async () => {
  const made = await volumes.create({ name: 'data', labels: { a: '1' } });
  assert.equal(made.mountpoint, join(root, 'data', '_data'));
  assert.deepEqual(volumes.find('data'), made);
  assert.deepEqual(await volumes.create({ name: 'data' }), made);
  await volumes.remove('data');
  assert.deepEqual(await readdir(root), []);
  assert.throws(() => volumes.find('data'), { name: 'NotFound', message: 'get data: no such volume' });
});

test('anonymous ones get a name and a label', async () => {
  const { name, labels, anonymous } = await volumes.create({ name: '' });
  assert.match(name, /^[0-9a-f]{64}$/);
  assert.deepEqual([labels, anonymous], [{ 'com.docker.volume.anonymous': '' }, true]);
});

test('refuses in Docker\'s words', async () => {
  await assert.rejects(volumes.create({ name: 'bad/name' }), /^InvalidArgument: create bad\/name: "bad\/name" includes invalid characters for a local volume name, only/);
  await assert.rejects(volumes.create({ name: 'a' }), { message: 'create a: volume name is too short, names should be at least two alphanumeric characters' });
  await assert.rejects(volumes.create({ name: 'vv', driver: 'nope' }), { name: 'NotFound', message: 'create vv: error looking up volume plugin nope: plugin "nope" not found' });
  await assert.rejects(volumes.create({ name: 'vv', options: { foo: 'bar' } }), { message: 'create vv: invalid option: "foo"' });
  await assert.rejects(volumes.create({ name: 'vv', options: { type: 'nfs' } }), { message: 'create vv: missing required option: "device"' });
  assert.deepEqual(await readdir(root), []);
});

test('mounts its directory, or what its options say', async () => {
  await volumes.create({ name: 'plain' });
  await volumes.create({ name: 'small', options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } });
  await volumes.create({ name: 'bound', options: { type: 'none', device: '/srv', o: 'bind,ro' } });
  assert.deepEqual(volumes.mount('plain'), { type: 'bind', source: join(root, 'plain', '_data'), options: ['rbind'] });
  assert.deepEqual(volumes.mount('small'), { type: 'tmpfs', source: 'tmpfs', options: ['size=1m'] });
  assert.deepEqual(volumes.mount('bound'), { type: 'bind', source: '/srv', options: ['bind', 'ro'] });
});

test('counts bytes once however often they are linked', async () => {
  const { mountpoint } = await volumes.create({ name: 'data' });
  await mkdir(join(mountpoint, 'sub'));
  await writeFile(join(mountpoint, 'sub', 'file'), 'x'.repeat(1000));
  await link(join(mountpoint, 'sub', 'file'), join(mountpoint, 'again'));
  assert.equal(await volumes.usage('data'), 1000);
});

test('a directory that no row names goes at start', async () => {
  await volumes.create({ name: 'kept' });
  await mkdir(join(root, 'half-made', '_data'), { recursive: true });
  await volumes.recover();
  assert.deepEqual(await readdir(root), ['kept']);
});
