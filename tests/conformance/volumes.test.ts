/** Volumes filled from a root file system, with owners and devices kept. Needs root. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Database } from '#base';
import { copyUp, localVolumes, requireMountPlace } from '#volumes';
import { volumesContract } from '../../packages/volumes/contract.ts';

const skip = process.getuid?.() === 0 ? false : 'owners and devices need root';

if (!skip) volumesContract('local as root', localVolumes);

describe('a new volume', { skip }, () => {
  let base = '';
  let db: Database;
  before(() => {
    base = mkdtempSync(join(tmpdir(), 'naru-copy-up-'));
    db = new Database(':memory:');
    mkdirSync(join(base, 'root/var/lib/db/tables'), { recursive: true });
    writeFileSync(join(base, 'root/var/lib/db/tables/t'), 'rows');
    chownSync(join(base, 'root/var/lib/db/tables/t'), 999, 998);
    chownSync(join(base, 'root/var/lib/db'), 999, 999);
    chmodSync(join(base, 'root/var/lib/db'), 0o1750);
    symlinkSync('/var/lib/db', join(base, 'root/data'));
    symlinkSync('/', join(base, 'root/var/lib/db/slash'));
    utimesSync(join(base, 'root/var/lib/db'), 60, 60);
    symlinkSync('../../../../../../../../etc', join(base, 'root/out'));
  });
  after(() => {
    db[Symbol.dispose]();
    rmSync(base, { recursive: true, force: true });
  });

  it('takes over what the image has at its place, once', async () => {
    const volumes = localVolumes({ db, root: join(base, 'volumes') });
    const { mountpoint } = await volumes.create({ name: 'db' });
    assert.equal(await copyUp(join(base, 'root'), '/data', mountpoint), true);
    assert.deepEqual(readdirSync(mountpoint), ['slash', 'tables']);
    const own = statSync(mountpoint);
    assert.deepEqual([own.uid, own.gid, own.mode & 0o7777, own.mtimeMs], [999, 999, 0o1750, 60_000]);
    assert.deepEqual([statSync(join(mountpoint, 'tables/t')).gid, readFileSync(join(mountpoint, 'tables/t'), 'utf8')], [998, 'rows']);
    assert.ok(lstatSync(join(mountpoint, 'slash')).isSymbolicLink());
    writeFileSync(join(base, 'root/var/lib/db/later'), '');
    assert.equal(await copyUp(join(base, 'root'), '/data', mountpoint), false);
    assert.equal(existsSync(join(mountpoint, 'later')), false);
  });

  it('stays empty where the image has nothing, and takes nothing from outside', async () => {
    const volumes = localVolumes({ db, root: join(base, 'volumes') });
    const { mountpoint } = await volumes.create({ name: 'empty' });
    for (const path of ['/nowhere', '/out']) assert.equal(await copyUp(join(base, 'root'), path, mountpoint), false);
    assert.deepEqual(readdirSync(mountpoint), []);
  });

  it('does not cover a file of the image', async () => {
    const volumes = localVolumes({ db, root: join(base, 'volumes') });
    const { mountpoint } = await volumes.create({ name: 'covering' });
    const [root, file] = [join(base, 'root'), '/data/tables/t'];
    await assert.rejects(copyUp(root, file, mountpoint), { message: `source ${file} is not directory` });
    await assert.rejects(copyUp(root, `${file}/below`, mountpoint), { message: `lstat ${file}/below: not a directory` });
    assert.throws(() => requireMountPlace(root, file), { message: `cannot mount volume over existing file, file exists ${file}` });
    for (const path of ['/data', '/nowhere', '/nowhere/below']) requireMountPlace(root, path);
  });
});
