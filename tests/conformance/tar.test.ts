/** Archives into and out of root file systems, and trees copied and hashed, on a real file system. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isKind, readTar, writeTar, type TarEntry } from '#base';
import { copyTree, hashTree, makeDirectories, removeTree } from '#kernel';
import { encodePathStat, exportRoot, extractTar, getArchive, isTar, putArchive, statPath } from '#snapshots';

const skip = process.getuid?.() === 0 ? false : 'owners and devices need root';

describe('archives of a container', { skip }, () => {
  let base = '';
  let root = '';
  let outside = '';

  before(() => {
    base = mkdtempSync(join(tmpdir(), 'naru-archive-'));
  });
  beforeEach(() => {
    rmSync(base, { recursive: true, force: true });
    root = join(base, 'root');
    outside = join(base, 'outside');
    mkdirSync(join(root, 'etc'), { recursive: true });
    mkdirSync(join(root, 'bin'));
    mkdirSync(join(root, 'data/sub'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'host');
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0', { mode: 0o644 });
    writeFileSync(join(root, 'data/f'), 'eff');
    chownSync(join(root, 'data/f'), 5, 6);
    chmodSync(join(root, 'data/f'), 0o4751);
    linkSync(join(root, 'data/f'), join(root, 'data/sub/hard'));
    symlinkSync('/bin/busybox', join(root, 'bin/sh'));
    symlinkSync('data', join(root, 'link'));
    symlinkSync(`../../../../../..${outside}`, join(root, 'up'));
    symlinkSync(outside, join(root, 'abs'));
    utimesSync(join(root, 'data'), 100, 1_700_000_000.5);
  });
  after(() => rmSync(base, { recursive: true, force: true }));

  it('tell of a path as Docker does', () => {
    assert.deepEqual(statPath(root, '/bin/sh', 'c'), { name: 'sh', size: 12, mode: 134_218_239, mtime: statPath(root, 'bin/sh', 'c').mtime, linkTarget: '/bin/busybox' });
    assert.deepEqual(statPath(root, '/data', 'c'), { name: 'data', size: statSync(join(root, 'data')).size, mode: 2_147_484_141, mtime: '2023-11-14T22:13:20.5Z', linkTarget: '' });
    const names = ['/', '.', '', '/data/.', '/data/', 'link/', '/link', '/data/../etc/passwd'].map((path) => statPath(root, path, 'c').name);
    assert.deepEqual(names, ['/', '.', '/', '.', 'data', 'link', 'link', 'passwd']);
    assert.equal(statPath(root, '/link', 'c').linkTarget, '/data');
    assert.equal(statPath(root, '/data/f', 'c').mode, 0o751 + 2 ** 23);
    assert.equal(JSON.parse(Buffer.from(encodePathStat(statPath(root, '/data/f', 'c')), 'base64').toString()).name, 'f');
    assert.throws(() => statPath(root, '/nope', 'box'), (error) => isKind(error, 'NotFound') && error.message === 'Could not find the file /nope in container box');
    assert.throws(() => statPath(root, '/etc/passwd/', 'box'), /not a directory/);
    assert.throws(() => statPath(root, '/up/secret', 'box'), /Could not find the file/);
    assert.throws(() => statPath(root, '/abs/secret', 'box'), /Could not find the file/);
  });

  it('come out under the name that was asked for', async () => {
    const namesOf = async (path: string) => (await listOf(getArchive(root, path, 'c').stream)).map((entry) => entry.name);
    assert.deepEqual(await namesOf('/etc/passwd'), ['passwd']);
    assert.deepEqual(await namesOf('/data'), ['data/', 'data/f', 'data/sub/', 'data/sub/hard']);
    assert.deepEqual(await namesOf('/data/.'), ['./', './f', './sub/', './sub/hard']);
    assert.deepEqual(await namesOf('/link'), ['link']);
    assert.deepEqual(await namesOf('/link/'), ['link/', 'link/f', 'link/sub/', 'link/sub/hard']);
    assert.deepEqual((await namesOf('/')).slice(0, 4), ['/', '/abs', '/bin/', '/bin/sh']);
    assert.throws(() => getArchive(root, '/nope', 'c'), (error) => isKind(error, 'NotFound'));
    const entries = await listOf(getArchive(root, '/data', 'c').stream);
    assert.deepEqual([entries[1]?.mode, entries[1]?.uid, entries[1]?.text, entries[3]?.type, entries[3]?.linkname], [0o4751, 5, 'eff', 'hardlink', 'data/f']);
    assert.deepEqual((await listOf(exportRoot(root))).map((entry) => entry.name), ['abs', 'bin/', 'bin/sh', 'data/', 'data/f', 'data/sub/', 'data/sub/hard', 'etc/', 'etc/passwd', 'link', 'up']);
  });

  it('go in where the path leads inside the root', async () => {
    await putArchive(root, '/link', archive([file('new', 'n'), { member: { name: 'deep/er/', type: 'directory', mode: 0o700, uid: 9, gid: 9, mtime: 77 } }, file('deep/er/x', 'x'), file('etc-link', 'z')]), 'c');
    assert.equal(readFileSync(join(root, 'data/new'), 'utf8'), 'n');
    const made = statSync(join(root, 'data/deep/er'));
    assert.deepEqual([made.mode & 0o777, made.uid, made.mtimeMs], [0o700, 9, 77_000]);
    await putArchive(root, '/', Readable.from([gzipSync(await buffer(archive([file('etc/passwd', 'other')])))]), 'c', { owner: { uid: 42, gid: 43 } });
    assert.equal(readFileSync(join(root, 'etc/passwd'), 'utf8'), 'other');
    assert.deepEqual([statSync(join(root, 'etc/passwd')).uid, statSync(join(root, 'etc')).uid], [42, 0]);
    await assert.rejects(putArchive(root, '/nope', archive([]), 'box'), (error) => isKind(error, 'NotFound') && /Could not find the file \/nope in container box/.test(error.message));
    await assert.rejects(putArchive(root, '/etc/passwd', archive([]), 'box'), (error) => isKind(error, 'Internal') && error.message === 'extraction point is not a directory');
    await assert.rejects(putArchive(root, '/', Readable.from([Buffer.from('x')]), 'box'), (error) => isKind(error, 'DataLoss'));
  });

  it('do not swap files and directories when told not to', async () => {
    const strict = { noOverwriteDirNonDir: true };
    await assert.rejects(putArchive(root, '/', archive([file('data', 'x')]), 'c', strict), { message: 'cannot overwrite directory "/data" with non-directory "/"' });
    await assert.rejects(putArchive(root, '/data', archive([{ member: { name: 'f/', type: 'directory' } }]), 'c', strict), { message: 'cannot overwrite non-directory "/data/f" with directory "/data"' });
    assert.ok(existsSync(join(root, 'data/sub/hard')));
    await putArchive(root, '/', archive([file('data', 'x')]), 'c');
    assert.equal(readFileSync(join(root, 'data'), 'utf8'), 'x');
  });

  it('write nothing outside, whatever the links and names', async () => {
    const put = (entries: TarEntry[], path = '/') => putArchive(root, path, archive(entries), 'c').then(() => 'done', (error: Error) => error.message);
    assert.match(await put([file('../../../evil', 'x')]), /is outside of "\/"/);
    assert.match(await put([file('evil', 'x')], '/up'), /Could not find the file/);
    assert.match(await put([file('up/evil', 'x')]), /mkdirat|not a directory|no such file|file exists/);
    assert.equal(await put([{ member: { name: 'l', type: 'symlink', linkname: '/etc' } }, file('l/evil', 'x')]), 'done');
    assert.equal(readFileSync(join(root, 'etc/evil'), 'utf8'), 'x');
    assert.match(await put([{ member: { name: 'h', type: 'hardlink', linkname: `..${outside}/secret` } }]), /is outside of|no such file/);
    assert.match(await put([{ member: { name: 'h', type: 'hardlink', linkname: 'abs/secret' } }]), /no such file|file exists|not a directory/);
    assert.equal(await put([file('abs', 'now a file')]), 'done');
    assert.deepEqual(readdirSync(outside), ['secret']);
    assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'host');
  });

  it('write nothing outside while somebody swaps a directory for a link', async () => {
    mkdirSync(join(root, 'race'));
    const swapper = spawn('sh', ['-c', `cd "$1"; for i in $(seq 3000); do rmdir race 2>/dev/null || rm -rf race; ln -s "$2" race; rm race; mkdir race; done`, 'sh', root, outside], { stdio: 'ignore' });
    try {
      for (let i = 0; i < 40; i++) await putArchive(root, '/', archive([file('race/a', 'x'), file('race/b/c', 'y')]), 'c').catch(() => {});
      for (let i = 0; i < 40; i++) await getArchive(root, '/race', 'c').stream.next().catch(() => {});
    } catch (error) {
      assert.ok(isKind(error, 'NotFound') || isKind(error, 'InvalidArgument'), String(error));
    } finally {
      swapper.kill('SIGKILL');
    }
    assert.deepEqual(readdirSync(outside), ['secret']);
  });
});

describe('trees', { skip }, () => {
  let base = '';
  before(() => {
    base = mkdtempSync(join(tmpdir(), 'naru-trees-'));
    mkdirSync(join(base, 'src/dir'), { recursive: true });
    writeFileSync(join(base, 'src/a'), 'a', { mode: 0o640 });
    writeFileSync(join(base, 'src/dir/b'), 'b');
    linkSync(join(base, 'src/a'), join(base, 'src/dir/a2'));
    symlinkSync('/nowhere', join(base, 'src/dir/l'));
    utimesSync(join(base, 'src/dir'), 5, 5);
  });
  after(() => rmSync(base, { recursive: true, force: true }));

  it('are copied, merged into what is there, and may change hands', async () => {
    await makeDirectories(join(base, 'dst/x/y'), { uid: 3, gid: 4 });
    assert.deepEqual([statSync(join(base, 'dst/x')).uid, statSync(join(base, 'dst/x/y')).gid, statSync(base).uid], [3, 4, 0]);
    mkdirSync(join(base, 'dst/dir'));
    writeFileSync(join(base, 'dst/dir/keep'), 'k');
    symlinkSync('/etc/passwd', join(base, 'dst/a'));
    await copyTree(join(base, 'src'), join(base, 'dst'), { owner: { uid: 7, gid: 8 } });
    assert.equal(lstatSync(join(base, 'dst/a')).isFile(), true);
    assert.deepEqual([statSync(join(base, 'dst/a')).mode & 0o777, statSync(join(base, 'dst/a')).uid, lstatSync(join(base, 'dst/dir/l')).gid], [0o640, 7, 8]);
    assert.equal(statSync(join(base, 'dst/dir/a2')).ino, statSync(join(base, 'dst/a')).ino);
    assert.equal(readlinkSync(join(base, 'dst/dir/l')), '/nowhere');
    assert.equal(statSync(join(base, 'dst/dir')).mtimeMs, 5000);
    assert.deepEqual(readdirSync(join(base, 'dst/dir')), ['a2', 'b', 'keep', 'l']);
    await copyTree(join(base, 'src/a'), join(base, 'dst/dir/b'), {});
    assert.equal(readFileSync(join(base, 'dst/dir/b'), 'utf8'), 'a');
  });

  it('have checksums of all but times, the same from a worker', async () => {
    const before = await hashTree(join(base, 'src'), { owners: false });
    utimesSync(join(base, 'src/a'), 9, 9);
    chownSync(join(base, 'src/a'), 1, 1);
    assert.equal(await hashTree(join(base, 'src'), { owners: false }), before);
    assert.notEqual(await hashTree(join(base, 'src'), { owners: true }), before);
    chmodSync(join(base, 'src/a'), 0o600);
    assert.notEqual(await hashTree(join(base, 'src'), { owners: false }), before);
    chmodSync(join(base, 'src/a'), 0o640);
    chownSync(join(base, 'src/a'), 0, 0);
    for (let i = 0; i < 100; i++) writeFileSync(join(base, 'src', `many${i}`), '');
    const large = await hashTree(join(base, 'src'), { owners: false });
    assert.notEqual(large, before);
    for (let i = 0; i < 100; i++) rmSync(join(base, 'src', `many${i}`));
    assert.equal(await hashTree(join(base, 'src'), { owners: false }), before);
    assert.notEqual(await hashTree(join(base, 'src/a'), { owners: false }), await hashTree(join(base, 'src/dir/b'), { owners: false }));
  });

  it('are unpacked from plain and compressed archives, and from nothing else', async () => {
    const tar = await buffer(archive([file('.wh.kept', 'w'), file('./d/f', 'f'), file('/abs', 'a')]));
    writeFileSync(join(base, 'plain.tar'), tar);
    writeFileSync(join(base, 'gz'), gzipSync(tar));
    execFileSync('sh', ['-c', 'xz -c plain.tar > xz; bzip2 -c plain.tar > bz'], { cwd: base });
    writeFileSync(join(base, 'text'), 'just text '.repeat(200));
    writeFileSync(join(base, 'gztext'), gzipSync('just text '.repeat(100_000)));
    for (const name of ['plain.tar', 'gz', 'xz', 'bz']) {
      assert.equal(await isTar(join(base, name)), true, name);
      mkdirSync(join(base, `out-${name}`));
      assert.deepEqual(await extractTar(join(base, name), join(base, `out-${name}`)), { members: 3, size: 3 });
      assert.deepEqual(readdirSync(join(base, `out-${name}`)), ['.wh.kept', 'abs', 'd']);
    }
    for (const name of ['text', 'gztext']) assert.equal(await isTar(join(base, name)), false, name);
    await assert.rejects(extractTar(join(base, 'text'), base), (error) => isKind(error, 'DataLoss'));
  });

  it('begin at the destination again where names climb out of a build context', async () => {
    const destination = join(base, 'clamped');
    mkdirSync(destination);
    await extractTar(archive([file('../up', 'u'), file('/root', 'r'), file('a/../../b/c', 'c')]), destination, { clamp: true });
    assert.deepEqual(readdirSync(destination, { recursive: true }).toSorted(), ['b', 'b/c', 'root', 'up']);
    assert.equal(existsSync(join(base, 'up')), false);
  });

  it('are removed, large or small, unreadable or not there', async () => {
    mkdirSync(join(base, 'rm/deep'), { recursive: true });
    for (let i = 0; i < 200; i++) writeFileSync(join(base, 'rm/deep', `${i}`), '', { mode: 0 });
    await removeTree(join(base, 'rm'));
    await removeTree(join(base, 'rm'));
    assert.equal(existsSync(join(base, 'rm')), false);
  });
});

function file(name: string, body: string): TarEntry {
  return { member: { name, type: 'file', mode: 0o644 }, body };
}

function archive(entries: TarEntry[]): Readable {
  return Readable.from(writeTar(entries));
}

async function listOf(stream: AsyncIterable<Uint8Array>) {
  const found: { name: string; type: string; mode: number; uid: number; linkname: string; text: string }[] = [];
  for await (const { header, bytes } of readTar(stream)) found.push({ ...header, text: (await bytes()).toString() });
  return found;
}
