/** What every volume driver does. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Database, isKind, type ErrorKind } from '#base';
import type { Volumes } from './port.ts';

/** Registers the suite. */
export function volumesContract(name: string, open: (options: { db: Database; root: string }) => Volumes): void {
  describe(`volumes ${name}`, () => {
    let root = '';
    let db: Database;
    let volumes: Volumes;
    before(() => {
      root = mkdtempSync(join(tmpdir(), 'naru-volumes-'));
      db = new Database(':memory:');
      volumes = open({ db, root });
    });
    after(() => {
      db[Symbol.dispose]();
      rmSync(root, { recursive: true, force: true });
    });
    const throws = (kind: ErrorKind, message: string) => (error: unknown) => isKind(error, kind) && error.message === message;

    it('are made once and found by name', async () => {
      const made = await volumes.create({ name: 'data', labels: { a: '1' } });
      assert.deepEqual({ ...made, created: 0 }, { name: 'data', driver: 'local', mountpoint: join(root, 'data/_data'), created: 0, labels: { a: '1' }, options: null, anonymous: false });
      assert.ok(statSync(made.mountpoint).isDirectory());
      assert.deepEqual(await volumes.create({ name: 'data', options: { type: 'tmpfs', device: 'tmpfs' } }), made);
      assert.deepEqual(volumes.find('data'), made);
      assert.deepEqual(volumes.mount('data'), { type: 'bind', source: made.mountpoint, options: ['rbind'] });
      await assert.rejects(volumes.create({ name: 'data', driver: 'other' }), throws('NotFound', 'create data: error looking up volume plugin other: plugin "other" not found'));
      const both = await Promise.all([volumes.create({ name: 'twice' }), volumes.create({ name: 'twice' })]);
      assert.deepEqual(both[0], both[1]);
    });

    it('without a name are anonymous', async () => {
      const made = await volumes.create({ name: '', labels: { x: 'y' } });
      assert.match(made.name, /^[0-9a-f]{64}$/);
      assert.deepEqual([made.anonymous, made.labels], [true, { x: 'y', 'com.docker.volume.anonymous': '' }]);
    });

    it('refuse in Docker’s words', async () => {
      const refused = (request: Parameters<Volumes['create']>[0], kind: ErrorKind, message: string) => assert.rejects(volumes.create(request), throws(kind, message));
      await refused({ name: 'bad/name' }, 'InvalidArgument', 'create bad/name: "bad/name" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path');
      await refused({ name: 'a' }, 'InvalidArgument', 'create a: volume name is too short, names should be at least two alphanumeric characters');
      await refused({ name: 'v2', driver: 'nope' }, 'NotFound', 'create v2: error looking up volume plugin nope: plugin "nope" not found');
      await refused({ name: 'v2', options: { foo: 'bar' } }, 'InvalidArgument', 'create v2: invalid option: "foo"');
      await refused({ name: 'v2', options: { type: 'tmpfs' } }, 'InvalidArgument', 'create v2: missing required option: "device"');
      await refused({ name: 'v2', options: { size: '1g' } }, 'InvalidArgument', 'create v2: quota size requested but no quota support');
      await refused({ name: 'v2', options: { size: 'big' } }, 'InvalidArgument', "create v2: invalid size: 'big'");
      await refused({ name: 'v2', options: { type: 'cifs', device: '//10.0.0.1:445/x' } }, 'InvalidArgument', "create v2: port not allowed in CIFS device URL, include 'port' in 'o='");
      for (const call of [() => volumes.find('ghost'), () => volumes.mount('ghost')]) assert.throws(call, throws('NotFound', 'get ghost: no such volume'));
      for (const call of [volumes.remove('ghost'), volumes.usage('ghost')]) await assert.rejects(call, throws('NotFound', 'get ghost: no such volume'));
      for (const name of ['..', '.hidden', 'a b', 'ü', `${'x'.repeat(300)}`]) await assert.rejects(volumes.create({ name }), (error) => isKind(error, 'InvalidArgument'));
      assert.equal(existsSync(join(root, 'v2')), false);
    });

    it('may be mounts of something else', async () => {
      await volumes.create({ name: 'ram', options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=5' } });
      await volumes.create({ name: 'bound', options: { type: 'none', device: '/srv/x', o: 'bind,ro' } });
      await volumes.create({ name: 'remote', options: { type: 'nfs', device: ':/export', o: 'addr=localhost,rw' } });
      assert.deepEqual(volumes.mount('ram'), { type: 'bind', source: volumes.find('ram').mountpoint, options: ['rbind'] }, 'memory is shared');
      assert.deepEqual(volumes.mount('bound'), { type: 'bind', source: '/srv/x', options: ['bind', 'ro'] });
      await volumes.create({ name: 'share', options: { type: 'cifs', device: '//localhost/share', o: 'username=a' } });
      for (const name of ['remote', 'share']) await volumes.acquire(name, 'box');
      assert.deepEqual(volumes.mount('share'), { type: 'cifs', source: '//127.0.0.1/share', options: ['username=a'] });
      assert.deepEqual(volumes.mount('remote'), { type: 'nfs', source: ':/export', options: ['addr=127.0.0.1', 'rw'] });
    });

    it('tell what they take, and go with everything in them', async () => {
      const { mountpoint } = await volumes.create({ name: 'full' });
      mkdirSync(join(mountpoint, 'deep'));
      writeFileSync(join(mountpoint, 'deep/file'), Buffer.alloc(50_000));
      assert.equal(await volumes.usage('full'), 50_000);
      await volumes.remove('full');
      assert.equal(existsSync(mountpoint), false);
      assert.equal(volumes.list().some((volume) => volume.name === 'full'), false);
    });

    it('are sorted, survive a restart, and lose no data to one', async () => {
      const kept = volumes.list();
      assert.deepEqual(kept.map((volume) => volume.name), kept.map((volume) => volume.name).sort());
      mkdirSync(join(root, 'orphan/_data'), { recursive: true });
      writeFileSync(join(root, 'orphan/_data/precious'), 'x');
      mkdirSync(join(root, '.removing-0123/_data'), { recursive: true });
      rmSync(join(root, 'twice'), { recursive: true });
      await volumes.create({ name: 'bare', labels: {}, options: {} });
      const reopened = open({ db, root });
      await reopened.recover();
      assert.deepEqual([reopened.find('bare').labels, reopened.find('bare').options, reopened.find('orphan').labels], [{}, {}, null], 'what was given empty is not what was not given');
      assert.equal(await reopened.usage('orphan'), 1);
      assert.equal(existsSync(join(root, '.removing-0123')), false);
      assert.throws(() => reopened.find('twice'), throws('NotFound', 'get twice: no such volume'));
      assert.deepEqual(reopened.find('ram'), kept.find((volume) => volume.name === 'ram'));
    });
  });
}
