import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Database, isKind } from '#base';
import { volumesContract } from './contract.ts';
import { localVolumes } from './local.ts';

volumesContract('local', localVolumes);

const root = mkdtempSync(join(tmpdir(), 'naru-sized-'));
after(() => rmSync(root, { recursive: true }));

test('a volume with a size is limited when it is made and whenever it is used, until it goes', async () => {
  using db = new Database(':memory:');
  const limits = new Map<string, number>();
  const quotas = { limit: (path: string, bytes: number) => void limits.set(path, bytes), limitOf: (path: string) => limits.get(path) ?? 0, lift: (path: string) => void limits.delete(path) };
  const volumes = localVolumes({ db, root, quotas });
  const { mountpoint } = await volumes.create({ name: 'small', options: { size: '2k' } });
  await volumes.create({ name: 'open', options: { size: '0' } });
  assert.deepEqual([...limits], [[mountpoint, 2048]]);
  limits.clear();
  await volumes.acquire('small', 'box');
  await volumes.acquire('open', 'box');
  assert.deepEqual([...limits], [[mountpoint, 2048]]);
  await volumes.remove('small');
  assert.deepEqual([...limits], []);
  await assert.rejects(volumes.create({ name: 'ram', options: { type: 'tmpfs', device: 'tmpfs', size: '1m' } }), (error) => isKind(error, 'InvalidArgument') && error.message === 'create ram: quota size requested but no quota support');

  mkdirSync(join(root, 'found/_data'), { recursive: true });
  limits.set(join(root, 'found/_data'), 4096);
  await volumes.recover();
  assert.deepEqual(volumes.find('found').options, { size: '4096' }, 'a killed daemon made it');
});

test('a volume whose limit cannot be kept is not made, and not used', async () => {
  using db = new Database(':memory:');
  const failing = { limit: () => assert.fail('no ids left'), limitOf: () => 0, lift: () => {} };
  await assert.rejects(localVolumes({ db, root, quotas: failing }).create({ name: 'later', options: { size: '1k' } }), /no ids left/);
  assert.equal(existsSync(join(root, 'later')), false);
  const { mountpoint } = await localVolumes({ db, root, quotas: { ...failing, limit: () => {} } }).create({ name: 'moved', options: { size: '1k' } });
  await assert.rejects(localVolumes({ db, root }).acquire('moved', 'box'), (error) => isKind(error, 'Internal') && error.message === `error while mounting volume '${mountpoint}': size quota requested for volume but no quota support`);
});
