import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Database, isKind } from '#base';
import { removalsDone } from '#kernel';
import { snapshotterContract } from '../contract.ts';
import { overlaySnapshotter } from './driver.ts';
import { overlayMounts } from './mounts.ts';
import { requireLimits } from './require-limits.ts';

snapshotterContract('overlay2', { open: overlaySnapshotter });

describe('overlay mounts', () => {
  const own = { upper: '/n/3/fs', work: '/n/3/work' };

  it('put upper, work and lower directories into one mount, renames and metadata copies off', () => {
    assert.deepEqual(overlayMounts(own, ['/n/2/fs', '/n/1/fs']), [{
      type: 'overlay',
      source: 'overlay',
      options: ['lowerdir=/n/2/fs:/n/1/fs', 'index=off', 'redirect_dir=nofollow', 'metacopy=off', 'xino=off', 'upperdir=/n/3/fs', 'workdir=/n/3/work'],
    }]);
    assert.ok(overlayMounts(own, ['/n/1/fs'], { volatile: true })[0]?.options.includes('volatile'));
  });

  it('bind a single directory', () => {
    assert.deepEqual(overlayMounts(own, []), [{ type: 'bind', source: '/n/3/fs', options: ['rbind', 'rw'] }]);
    assert.deepEqual(overlayMounts(undefined, ['/n/1/fs']), [{ type: 'bind', source: '/n/1/fs', options: ['rbind', 'ro'] }]);
  });

  it('refuse a data root that mount options cannot hold', () => {
    using db = new Database(':memory:');
    assert.throws(() => overlaySnapshotter({ db, root: '/a:b' }), (error) => isKind(error, 'InvalidArgument'));
  });
});

describe('overlay sizes', () => {
  const root = mkdtempSync(join(tmpdir(), 'naru-sizes-'));
  after(() => rmSync(root, { recursive: true }));
  const said: string[] = [];
  let full = false;
  const quotas = {
    limit: (directory: string, bytes: number) => {
      assert.deepEqual(readdirSync(directory), [], 'what is there already would not be counted');
      said.push(`limit ${basename(directory)} ${bytes}`);
      if (full) throw new Error('no more of them');
    },
    limitOf: () => 0,
    lift: (directory: string) => {
      assert.ok(existsSync(directory));
      said.push(`lift ${basename(directory)}`);
    },
  };
  const heard = () => said.splice(0);

  it('are set on the new directory and lifted before it goes; a failure leaves nothing', async () => {
    using db = new Database(':memory:');
    const snapshots = overlaySnapshotter({ db, root, quotas });
    await snapshots.prepare('plain', undefined);
    await snapshots.prepare('open', undefined, { size: 0 });
    await snapshots.prepare('small', undefined, { size: 5000 });
    assert.deepEqual(heard(), ['limit 3 5000']);
    full = true;
    await assert.rejects(snapshots.prepare('late', undefined, { size: 1 }), /no more of them/);
    assert.deepEqual([heard(), readdirSync(root), snapshots.stat('late')], [['limit 4 1', 'lift 4'], ['1', '2', '3'], undefined]);
    await snapshots.remove('small');
    assert.deepEqual(heard(), ['lift 3']);
    mkdirSync(join(root, '9/fs'), { recursive: true });
    await snapshots.recover();
    assert.ok(heard().includes('lift 9'));
    await removalsDone();
  });

  it('are refused where directories have no limits', async () => {
    using db = new Database(':memory:');
    const plain = join(root, 'plain');
    await assert.rejects(overlaySnapshotter({ db, root: plain }).prepare('a', undefined, { size: 0 }), (error) => isKind(error, 'Internal') && error.message === "--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
    assert.throws(() => requireLimits(join(plain, 'not/there/yet')), /Storage Option overlay2\.size only supported for backingFS XFS\. Found |Filesystem does not support Project Quota: /);
  });
});
