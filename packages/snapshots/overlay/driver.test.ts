import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Database, isKind } from '#base';
import { snapshotterContract } from '../contract.ts';
import { overlaySnapshotter } from './driver.ts';
import { overlayMounts } from './mounts.ts';

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
