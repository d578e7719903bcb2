import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { clearWay, pathInContext } from './path.ts';

const root = mkdtempSync(join(tmpdir(), 'context-'));
after(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, 'a/b'), { recursive: true });
writeFileSync(join(root, 'a/b/f'), '');
symlinkSync('/a/b', join(root, 'absolute'));
symlinkSync('../../../../a', join(root, 'a/b/climbing'));
symlinkSync('loop', join(root, 'loop'));

const real = async (path: string): Promise<string> => (await pathInContext(root, path)).slice(root.length + '/.'.length);

test('links are followed as if the root were /', async () => {
  assert.equal(await real('absolute/f'), '/a/b/f');
  assert.equal(await real('/a/b/climbing/b'), '/a/b');
  assert.equal(await real('a/b/../x'), '/a/x');
});

test('what is not there stays as it is', async () => {
  assert.equal(await real('absolute/none/x'), '/a/b/none/x');
});

test('climbing out and circles are refused', async () => {
  await assert.rejects(real('../etc/passwd'), { message: 'forbidden path outside the build context: ../etc/passwd ()' });
  await assert.rejects(real('a/../../x'), { message: 'forbidden path outside the build context: a/../../x ()' });
  await assert.rejects(real('loop'), { message: 'evalSymlinksInScope: too many links in loop' });
});

test('a way of its own is cleared: what is no directory goes, and nothing beyond a link is touched', async () => {
  const own = join(root, 'own');
  const kind = (path: string): string => {
    const stat = lstatSync(join(own, path), { throwIfNoEntry: false });
    return stat === undefined ? 'none' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'link' : 'file';
  };
  mkdirSync(join(own, 'kept/below'), { recursive: true });
  writeFileSync(join(own, 'kept/file'), '');
  for (const name of ['first', 'second']) symlinkSync('kept', join(own, name));
  assert.equal(await clearWay(own, '/first/below', { last: true }), `${own}/./first/below`);
  assert.deepEqual([kind('first'), kind('kept/below')], ['none', 'directory']);
  assert.equal(await clearWay(own, '/second', { last: false }), `${own}/./second`);
  assert.equal(kind('second'), 'link');
  await clearWay(own, 'kept/file/x', { last: false });
  assert.deepEqual([kind('kept'), kind('kept/file')], ['directory', 'none']);
  await assert.rejects(clearWay(own, '../x', { last: true }), { message: 'forbidden path outside the build context: ../x ()' });
});
