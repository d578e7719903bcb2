/** What every snapshot driver does: run against each of them, without root here, with root in tests/conformance. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Database, isKind } from '#base';
import { removalsDone } from '#kernel';
import type { Snapshotter } from './port.ts';

export interface Driver {
  open(options: { db: Database; root: string }): Snapshotter;
}

/** Registers the suite. */
export function snapshotterContract(name: string, driver: Driver): void {
  describe(`snapshotter ${name}`, () => {
    let root = '';
    let db: Database;
    let snapshots: Snapshotter;

    before(() => {
      root = mkdtempSync(join(tmpdir(), 'naru-snapshots-'));
      db = new Database(':memory:');
      snapshots = driver.open({ db, root });
    });
    after(() => {
      db[Symbol.dispose]();
      rmSync(root, { recursive: true, force: true });
    });

    const layer = async (key: string, parent: string | undefined, file: string) => {
      await snapshots.prepare(`${key}-unpack`, parent);
      writeFileSync(join(snapshots.upperPath(`${key}-unpack`), file), file);
      await snapshots.commit(key, `${key}-unpack`);
    };

    it('prepares, commits and stacks snapshots', async () => {
      await layer('one', undefined, 'a');
      await layer('two', 'one', 'b');
      await snapshots.prepare('box', 'two');
      assert.deepEqual(snapshots.stat('two'), { key: 'two', kind: 'committed', parent: 'one', created: snapshots.stat('two')?.created });
      assert.equal(snapshots.stat('box')?.kind, 'active');
      assert.equal(snapshots.stat('two-unpack'), undefined);
      const paths = snapshots.lowerPaths('box');
      assert.equal(paths.length, 3);
      assert.equal(paths[0], snapshots.upperPath('box'));
      assert.deepEqual(paths.slice(1), snapshots.lowerPaths('two'));
      assert.equal(readFileSync(join(paths[1] ?? '', 'b'), 'utf8'), 'b');
      assert.equal(readFileSync(join(paths[2] ?? '', 'a'), 'utf8'), 'a');
      await snapshots.remove('box');
    });

    it('gives mounts for active snapshots and views, not for committed ones', async () => {
      assert.ok((await snapshots.prepare('m', 'two')).length > 0);
      assert.deepEqual(snapshots.mounts('m'), snapshots.mounts('m'));
      const view = await snapshots.view('v', 'two');
      assert.ok(view.every((mount) => mount.options.includes('ro')), 'a view is read-only');
      assert.throws(() => snapshots.mounts('two'), (error) => isKind(error, 'Conflict'));
      assert.throws(() => snapshots.upperPath('v'), (error) => isKind(error, 'Conflict'));
      assert.throws(() => snapshots.mounts('ghost'), (error) => isKind(error, 'NotFound'));
      await snapshots.remove('m');
      await snapshots.remove('v');
    });

    it('carries the root directory on: owner and mode of the layer below', async () => {
      await snapshots.prepare('r-unpack', undefined);
      chmodSync(snapshots.upperPath('r-unpack'), 0o711);
      await snapshots.commit('r', 'r-unpack');
      await snapshots.prepare('r2', 'r');
      assert.equal(statSync(snapshots.upperPath('r2')).mode & 0o7777, 0o711);
      await snapshots.remove('r2');
      await snapshots.remove('r');
    });

    it('refuses names in use, unknown or uncommitted parents, and removal under children', async () => {
      await snapshots.prepare('x', 'two');
      await assert.rejects(snapshots.prepare('x', 'two'), (error) => isKind(error, 'Conflict'));
      await assert.rejects(snapshots.prepare('y', 'ghost'), (error) => isKind(error, 'NotFound'));
      await assert.rejects(snapshots.prepare('y', 'x'), (error) => isKind(error, 'NotFound'));
      await assert.rejects(snapshots.remove('two'), (error) => isKind(error, 'Conflict'));
      await assert.rejects(snapshots.commit('z', 'two'), (error) => isKind(error, 'Conflict'));
      assert.equal(snapshots.stat('y'), undefined);
      await snapshots.remove('x');
      await snapshots.remove('x');
    });

    it('commits to a name that is there by dropping the newcomer', async () => {
      await snapshots.prepare('again', 'one');
      const path = snapshots.upperPath('again');
      await snapshots.commit('two', 'again');
      assert.equal(snapshots.stat('again'), undefined);
      await removalsDone();
      assert.equal(existsSync(path), false);
      const both = ['left', 'right'];
      for (const key of both) await snapshots.prepare(key, 'one');
      await Promise.all(both.map((key) => snapshots.commit('both', key)));
      assert.deepEqual([snapshots.stat('both')?.kind, ...both.map((key) => snapshots.stat(key))], ['committed', undefined, undefined]);
      await snapshots.remove('both');
    });

    it('tells changes and usage', async () => {
      await snapshots.prepare('c', 'two');
      const upper = snapshots.upperPath('c');
      mkdirSync(join(upper, 'dir'));
      writeFileSync(join(upper, 'dir/new'), Buffer.alloc(10_000));
      writeFileSync(join(upper, 'a'), 'changed');
      assert.deepEqual(await snapshots.changes('c'), [
        { path: '/a', kind: 'modified' }, { path: '/dir', kind: 'added' }, { path: '/dir/new', kind: 'added' },
      ]);
      const usage = await snapshots.usage('c');
      assert.equal(usage.inodes, 4);
      assert.ok(usage.bytes >= 10_000 && usage.bytes < 100_000);
      assert.deepEqual(await snapshots.usage('two'), await snapshots.usage('two'));
      await snapshots.remove('c');
    });

    it('finds everything again, and clears what a killed process left', async () => {
      await snapshots.prepare('kept', 'two');
      const stray = join(root, '9999');
      mkdirSync(join(stray, 'fs'), { recursive: true });
      const reopened = driver.open({ db, root });
      await reopened.recover();
      assert.equal(existsSync(stray), false);
      assert.ok(existsSync(reopened.upperPath('kept')));
      await reopened.prepare('later', 'kept').then(() => assert.fail('an active snapshot is no parent'), () => {});
      await reopened.prepare('later', 'two');
      assert.notEqual(reopened.upperPath('later'), reopened.upperPath('kept'));
      await reopened.remove('later');
      await reopened.remove('kept');
    });

    it('leaves no directory behind', async () => {
      for (const { key } of snapshots.list().reverse()) await snapshots.remove(key);
      assert.deepEqual(snapshots.list(), []);
      await snapshots.prepare('last', undefined);
      const path = snapshots.upperPath('last');
      await snapshots.remove('last');
      await removalsDone();
      assert.equal(existsSync(path), false);
    });
  });
}
