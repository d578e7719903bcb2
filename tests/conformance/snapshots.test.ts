/** Snapshots and layers on the real kernel: overlay mounts, whiteouts, owners, devices. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, createReadStream, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Database, digestOf, isKind, writeTar, type TarEntry } from '#base';
import { getXattr, overlayOfOldKernel, setXattr } from '#kernel';
import { applyLayer, diffLayer, diffLayerStream, overlaySnapshotter, withMounts, type Snapshotter } from '#snapshots';
import { snapshotterContract } from '../../packages/snapshots/contract.ts';

const skip = process.getuid?.() === 0 ? false : 'mounting and mknod need root';

if (!skip) snapshotterContract('overlay2 as root', { open: overlaySnapshotter });

describe('layers', { skip }, () => {
  let root = '';
  let db: Database;
  let snapshots: Snapshotter;
  let count = 0;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'naru-layers-'));
    db = new Database(':memory:');
    snapshots = overlaySnapshotter({ db, root: join(root, 'snapshots') });
  });
  after(() => {
    db[Symbol.dispose]();
    rmSync(root, { recursive: true, force: true });
  });

  /** Commits a layer made of `entries` and returns its key. */
  const layer = async (parent: string | undefined, entries: TarEntry[], pack: (tar: Buffer) => Buffer = (tar) => tar) => {
    const key = `layer-${++count}`;
    const blob = join(root, `${key}.blob`);
    const tar = await archive(entries);
    writeFileSync(blob, pack(tar));
    await snapshots.prepare(`${key}-unpack`, parent);
    const unpacked = await applyLayer({ source: blob, upper: snapshots.upperPath(`${key}-unpack`), lowers: parent ? snapshots.lowerPaths(parent) : [] });
    assert.equal(unpacked.diffId, digestOf(tar));
    await snapshots.commit(key, `${key}-unpack`);
    return key;
  };
  const look = async <T>(parent: string, work: (path: string) => T): Promise<T> => {
    const key = `view-${++count}`;
    try {
      return await withMounts(await snapshots.view(key, parent), async (path) => work(path));
    } finally {
      await snapshots.remove(key);
    }
  };

  it('keep owners, modes, times, attributes, links and devices, plain or compressed', async () => {
    const entries: TarEntry[] = [
      { member: { name: './', type: 'directory', mode: 0o755, mtime: 50 } },
      { member: { name: 'dir/', type: 'directory', mode: 0o1777, uid: 5, gid: 6, mtime: 1000 } },
      { member: { name: 'dir/file', type: 'file', mode: 0o4755, uid: 7, gid: 8, mtime: 2000, mtimeNanoseconds: 5, xattrs: new Map([['user.note', Buffer.from([0, 255])], ['trusted.overlay.opaque', Buffer.from('y')]]) }, body: 'hello' },
      { member: { name: 'dir/hard', type: 'hardlink', linkname: 'dir/file' } },
      { member: { name: 'dir/soft', type: 'symlink', linkname: '/etc/../x', uid: 9, gid: 9, mtime: 3000 } },
      { member: { name: 'null', type: 'char', mode: 0o666, devmajor: 1, devminor: 3 } },
      { member: { name: 'pipe', type: 'fifo', mode: 0o640 } },
      { member: { name: 'dir/file2', type: 'file', mode: 0 }, body: Buffer.alloc(3_000_000, 'x') },
    ];
    for (const pack of [undefined, (tar: Buffer) => gzipSync(tar), (tar: Buffer) => zstdCompressSync(tar)]) {
      const key = await layer(undefined, entries, pack);
      await look(key, (path) => {
        const file = lstatSync(join(path, 'dir/file'), { bigint: true });
        assert.deepEqual([file.mode & 0o7777n, file.uid, file.gid, file.mtimeNs, file.nlink], [0o4755n, 7n, 8n, 2_000_000_000_005n, 2n]);
        assert.equal(getXattr(join(path, 'dir/file'), 'user.note')?.toString('hex'), '00ff');
        assert.equal(getXattr(join(path, 'dir/file'), 'trusted.overlay.opaque'), undefined);
        assert.equal(lstatSync(join(path, 'dir/hard')).ino, lstatSync(join(path, 'dir/file')).ino);
        assert.equal(readlinkSync(join(path, 'dir/soft')), '/etc/../x');
        assert.equal(lstatSync(join(path, 'dir/soft')).mtimeMs, 3_000_000);
        const directory = statSync(join(path, 'dir'));
        assert.deepEqual([directory.mode & 0o7777, directory.uid, directory.gid, directory.mtimeMs], [0o1777, 5, 6, 1_000_000]);
        assert.equal(lstatSync(join(path, 'null')).rdev, lstatSync('/dev/null').rdev);
        assert.ok(lstatSync(join(path, 'pipe')).isFIFO());
        assert.equal(statSync(join(path, 'dir/file2')).size, 3_000_000);
        assert.equal(statSync(path).mtimeMs, 50_000);
      });
    }
  });

  it('hide with whiteouts and opaque directories, and leave no mark where nothing was', async () => {
    const base = await layer(undefined, [file('a/one'), file('a/two'), file('b/one'), file('c/x/y'), file('gone')]);
    const top = await layer(base, [
      file('.wh.gone'), file('.wh.never'), file('a/.wh.one'),
      { member: { name: 'b/', type: 'directory', mode: 0o755 } }, file('b/new'), file('b/.wh..wh..opq'),
      file('c/.wh.x'), { member: { name: 'c/x/', type: 'directory', mode: 0o700 } }, file('c/x/z'),
      file('.wh..wh.plnk/1.2'), file('only/here/.wh.nothing'),
    ]);
    await look(top, (path) => {
      assert.deepEqual(tree(path), ['a', 'a/two', 'b', 'b/new', 'c', 'c/x', 'c/x/z', 'only', 'only/here']);
    });
    assert.deepEqual(readdirSync(join(snapshots.lowerPaths(top)[0] ?? '', 'only/here')), []);
    const all = await layer(top, [file('.wh..wh..opq'), file('fresh')]);
    await look(all, (path) => assert.deepEqual(tree(path), ['fresh']));
  });

  it('give directories that no member names the lower one’s attributes, and follow lower links inside the root', async () => {
    const base = await layer(undefined, [
      { member: { name: 'usr/', type: 'directory', mode: 0o750, uid: 3, gid: 4, mtime: 777 } },
      { member: { name: 'usr/lib/', type: 'directory', mode: 0o711, uid: 1, gid: 2, mtime: 888 } },
      { member: { name: 'lib', type: 'symlink', linkname: 'usr/lib' } },
      { member: { name: 'up', type: 'symlink', linkname: '../../../../usr' } },
      file('usr/lib/libc'),
    ]);
    const top = await layer(base, [file('lib/libx'), file('up/liby'), { member: { name: 'copy', type: 'hardlink', linkname: 'lib/libc' } }]);
    await look(top, (path) => {
      assert.deepEqual(tree(path), ['copy', 'lib', 'up', 'usr', 'usr/lib', 'usr/lib/libc', 'usr/lib/libx', 'usr/liby']);
      const lib = statSync(join(path, 'usr/lib'));
      assert.deepEqual([lib.mode & 0o7777, lib.uid, lib.gid, lib.mtimeMs], [0o711, 1, 2, 888_000]);
      assert.equal(statSync(join(path, 'usr')).mode & 0o7777, 0o750);
      assert.equal(readFileSync(join(path, 'copy'), 'utf8'), 'usr/lib/libc');
    });
  });

  it('replace what an earlier member or layer has under the name', async () => {
    const base = await layer(undefined, [file('x/deep/er'), file('y'), { member: { name: 'z', type: 'symlink', linkname: 'y' } }]);
    const top = await layer(base, [file('x'), file('y/now/dir'), { member: { name: 'z/', type: 'directory', mode: 0o755 } }, file('w/a'), file('w'), file('w2'), file('w2')]);
    await look(top, (path) => assert.deepEqual(tree(path), ['w', 'w2', 'x', 'y', 'y/now', 'y/now/dir', 'z']));
  });

  it('never write outside the root', async () => {
    const outside = join(root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'victim'), 'safe');
    const up = '../'.repeat(12);
    const link = (name: string, linkname: string): TarEntry => ({ member: { name, type: 'symlink', linkname } });
    const hard = (name: string, linkname: string): TarEntry => ({ member: { name, type: 'hardlink', linkname } });
    const refused: [TarEntry[], RegExp][] = [
      [[file(`${up}${outside.slice(1)}/evil`)], /"(\.\.\/)+.*evil" is outside of "\/"/],
      [[file('a/../../evil')], /is outside of "\/"/],
      [[hard('h', `${up}${outside.slice(1)}/victim`)], /is outside of "\/"/],
      [[hard('h', join(outside, 'victim'))], /linkat \/h: no such file or directory/],
      [[link('s', outside), hard('h', 's/victim')], /linkat \/h: no such file or directory/],
      [[link('a', 'b'), link('b', 'a'), file('a/x')], /too many levels of symbolic links/],
      [[file('f'), file('f/x')], /mkdir \/f: not a directory/],
      [[file('')], /cannot be written|is the root and no directory/],
    ];
    for (const [entries, message] of refused) await assert.rejects(layer(undefined, entries), message);
    const escaping: TarEntry[][] = [
      [link('s', outside), file('s/evil')],
      [link('s', `${up}${outside.slice(1)}`), file('s/evil')],
      [link('s', outside), link('t', 's'), file('t/evil')],
      [file(`${outside}/evil`)],
      [link('victim', join(outside, 'victim')), file('victim')],
      [link('s', outside), { member: { name: 's/', type: 'directory', mode: 0o777, uid: 99 } }],
      [link('s', outside), file('s/.wh.victim')],
    ];
    for (const entries of escaping) {
      const key = await layer(undefined, entries);
      const inner = join(snapshots.lowerPaths(key)[0] ?? '', outside);
      if (entries.some(({ member }) => member.name.endsWith('evil'))) assert.ok(existsSync(join(inner, 'evil')), 'it lands inside the root');
    }
    assert.deepEqual(readdirSync(outside), ['victim']);
    assert.equal(readFileSync(join(outside, 'victim'), 'utf8'), 'safe');
    assert.notEqual(statSync(outside).uid, 99);
  });

  it('refuse damaged blobs in one sentence, and leave no worker waiting', async () => {
    const tar = await archive([file('a'), { member: { name: 'big', type: 'file' }, body: Buffer.alloc(9_000_000, 7) }]);
    const damaged = Buffer.from(tar);
    damaged[0] = 0xff;
    const cases: [Buffer, RegExp][] = [
      [gzipSync(tar).subarray(0, 3000), /unexpected EOF/],
      [tar.subarray(0, 700_000), /unexpected EOF/],
      [gzipSync(tar.subarray(0, 5_000_000)), /unexpected EOF/],
      [damaged, /archive\/tar: invalid tar header/],
      [Buffer.from('BZh9 and so on'), /unexpected EOF|"bzip2": executable file not found/],
      [Buffer.concat([gzipSync(damaged), gzipSync(Buffer.alloc(30_000_000))]), /archive\/tar: invalid tar header/],
    ];
    for (const [bytes, message] of cases) {
      const blob = join(root, 'damaged');
      writeFileSync(blob, bytes);
      await snapshots.prepare('damaged', undefined);
      for (const source of [blob, createReadStream(blob)]) await assert.rejects(applyLayer({ source, upper: snapshots.upperPath('damaged'), lowers: [] }), message);
      await snapshots.remove('damaged');
    }
  });

  it('fail at once where there is nowhere to go', async () => {
    const blob = join(root, 'homeless');
    writeFileSync(blob, gzipSync(await archive([{ member: { name: 'big', type: 'file' }, body: Buffer.alloc(40_000_000) }])));
    for (const source of [blob, createReadStream(blob)]) await assert.rejects(applyLayer({ source, upper: join(root, 'ghost'), lowers: [] }), /no such file or directory/);
    await assert.rejects(buffer(Readable.from(diffLayerStream({ upper: join(root, 'ghost'), lowers: [] }).stream)), /no such file or directory/);
  });

  it('come as a stream as well; a source that breaks or a caller that gives up ends everything', async () => {
    const tar = await archive([file('a'), { member: { name: 'big', type: 'file' }, body: Buffer.alloc(20_000_000, 'abc') }]);
    await snapshots.prepare('streamed', undefined);
    const upper = snapshots.upperPath('streamed');
    const unpacked = await applyLayer({ source: Readable.from([gzipSync(tar).subarray(0, 3), gzipSync(tar).subarray(3)]), upper, lowers: [] });
    assert.deepEqual([unpacked.diffId, unpacked.tarSize, unpacked.size], [digestOf(tar), tar.length, 20_000_001]);
    const breaking = async function* () { yield gzipSync(tar).subarray(0, 5000); throw new Error('connection reset by peer'); };
    await assert.rejects(applyLayer({ source: breaking(), upper, lowers: [] }), /connection reset by peer/);
    const abort = new AbortController();
    const stalled = async function* () { yield tar.subarray(0, 600_000); abort.abort(); await new Promise(() => {}); };
    await assert.rejects(applyLayer({ source: stalled(), upper, lowers: [], signal: abort.signal }), (error) => isKind(error, 'Cancelled'));
    await snapshots.remove('streamed');
  });

  it('are made from what a container changed, and give the same tree again', async () => {
    const base = await layer(undefined, [file('etc/passwd'), file('etc/gone'), file('opt/a/b'), file('var/x'), file('move/me')]);
    const mounts = await snapshots.prepare('box', base);
    const changed = await withMounts(mounts, async (path) => {
      execFileSync('sh', ['-ec', `
        rm etc/gone; echo more >> etc/passwd; rm -r opt/a; mkdir opt/a; echo n > opt/a/n; chmod 700 var; ln etc/passwd etc/shadow
        mkfifo pipe; mknod dev c 1 5; ln -s ../x soft; mkdir -p new/dir; touch -d @1234 new/dir/f; chown 5:6 new; rm -r move; touch "sp ace"
      `], { cwd: path });
      setXattr(join(path, 'new/dir/f'), 'user.k', Buffer.from([1, 0, 2]));
      return tree(path, true);
    });
    assert.deepEqual(await snapshots.changes('box'), [
      ['/dev', 'added'], ['/etc', 'modified'], ['/etc/gone', 'deleted'], ['/etc/passwd', 'modified'], ['/etc/shadow', 'added'], ['/move', 'deleted'],
      ['/new', 'added'], ['/new/dir', 'added'], ['/new/dir/f', 'added'], ['/opt', 'modified'], ['/opt/a', 'deleted'], ['/opt/a/n', 'added'],
      ['/pipe', 'added'], ['/soft', 'added'], ['/sp ace', 'added'], ['/var', 'modified'],
    ].map(([path, kind]) => ({ path, kind })));

    const diff = { upper: snapshots.upperPath('box'), lowers: snapshots.lowerPaths(base) };
    const blob = join(root, 'diff.tar');
    const result = await diffLayer(diff, blob);
    const { stream, result: streamed } = diffLayerStream(diff);
    const bytes = await buffer(Readable.from(stream));
    assert.deepEqual(await streamed, result);
    assert.ok(bytes.equals(readFileSync(blob)));
    assert.deepEqual([result.diffId, result.size, result.empty], [digestOf(bytes), bytes.length, false]);
    const names = execFileSync('tar', ['-tf', blob], { encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(names, ['dev', 'etc/', 'etc/.wh.gone', 'etc/passwd', 'etc/shadow', '.wh.move', 'new/', 'new/dir/', 'new/dir/f', 'opt/', 'opt/a/', 'opt/a/.wh..wh..opq', 'opt/a/n', 'pipe', 'soft', 'sp ace', 'var/']);

    await snapshots.prepare('again', base);
    assert.equal((await applyLayer({ source: blob, upper: snapshots.upperPath('again'), lowers: snapshots.lowerPaths(base) })).diffId, result.diffId);
    await snapshots.commit('again-committed', 'again');
    assert.deepEqual(await look('again-committed', (path) => tree(path, true)), changed);
    assert.equal(await look('again-committed', (path) => getXattr(join(path, 'new/dir/f'), 'user.k')?.toString('hex')), '010002');

    await snapshots.prepare('idle', base);
    assert.deepEqual(await snapshots.changes('idle'), []);
    assert.equal((await diffLayer({ upper: snapshots.upperPath('idle'), lowers: snapshots.lowerPaths(base) }, join(root, 'empty.tar'))).empty, true);
  });

  it('stack deeper than a page of mount data can name', async () => {
    let top = await layer(undefined, [file('f0')]);
    for (let i = 1; i < 200; i++) {
      await snapshots.prepare(`deep-${i}-active`, top);
      writeFileSync(join(snapshots.upperPath(`deep-${i}-active`), `f${i}`), '');
      await snapshots.commit(`deep-${i}`, `deep-${i}-active`);
      top = `deep-${i}`;
    }
    assert.equal((await look(top, (path) => readdirSync(path))).length, 200);
  });

  it('mount on kernels that take the layers as one short value', async () => {
    let top = await layer(undefined, [file('f0')]);
    for (let i = 1; i < 12; i++) top = await layer(top, [file(`f${i}`)]);
    const [mount] = await snapshots.prepare('old-kernel', top);
    assert.ok(mount);
    const fd = overlayOfOldKernel(mount.source, mount.options);
    try {
      assert.equal(readdirSync(`/proc/self/fd/${fd}`).length, 12);
      writeFileSync(`/proc/self/fd/${fd}/new`, '');
    } finally {
      closeSync(fd);
    }
    assert.deepEqual(readdirSync(snapshots.upperPath('old-kernel')), ['new']);
    await snapshots.remove('old-kernel');
  });

  it('mount again after a volatile mount', async () => {
    const base = await layer(undefined, [file('f')]);
    await snapshots.prepare('volatile', base, { volatile: true });
    for (let i = 0; i < 2; i++) await withMounts(snapshots.mounts('volatile'), async (path) => symlinkSync('x', join(path, `l${i}`)));
    assert.deepEqual(readdirSync(snapshots.upperPath('volatile')), ['l0', 'l1']);
    await snapshots.remove('volatile');
  });
});

function file(name: string): TarEntry {
  return { member: { name, type: 'file', mode: 0o644 }, body: name };
}

async function archive(entries: TarEntry[]): Promise<Buffer> {
  return buffer(Readable.from(writeTar(entries)));
}

/** Every path below `root`; `full` adds what stat tells. */
function tree(root: string, full = false, path = ''): string[] {
  return readdirSync(join(root, path)).flatMap((name) => {
    const inner = path ? `${path}/${name}` : name;
    const stat = lstatSync(join(root, inner));
    const { mode, uid, gid, mtimeMs, rdev } = stat;
    const line = full ? `${inner} ${mode.toString(8)} ${uid}:${gid} ${stat.isDirectory() ? '' : stat.size} ${stat.isDirectory() ? '' : Math.floor(mtimeMs / 1000)} ${rdev} ${stat.isSymbolicLink() ? readlinkSync(join(root, inner)) : ''}` : inner;
    return [line, ...(stat.isDirectory() ? tree(root, full, inner) : [])];
  });
}

