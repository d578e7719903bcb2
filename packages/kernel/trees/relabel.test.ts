import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { getXattr, setLabel } from '../files/index.ts';
import { relabelTree } from './relabel-tree.ts';

const base = mkdtempSync(join(tmpdir(), 'naru-relabel-'));
after(() => rmSync(base, { recursive: true }));
const label = 'system_u:object_r:container_file_t:s0';
const labelOf = (path: string): string | undefined => getXattr(path, 'security.selinux')?.toString();

/** Attributes of security modules are root's to set. */
const skip = process.getuid?.() !== 0 || !setLabel(base, label) ? 'files cannot be labelled here' : false;

suite('labels of trees', { skip }, () => {
  for (const [name, files] of [['few files', 1], ['many, by a worker', 100]] as const) {
    test(`${name}: what is in a directory has the label, what links in it lead to has not`, async () => {
      const [outside, tree] = [`outside-${files}`, `tree-${files}`].map((one) => join(base, one)) as [string, string];
      mkdirSync(join(tree, 'deep'), { recursive: true });
      mkdirSync(outside);
      writeFileSync(join(outside, 'secret'), '');
      symlinkSync(outside, join(tree, 'directory'));
      symlinkSync(join(outside, 'secret'), join(tree, 'deep/file'));
      for (let at = 0; at < files; at++) writeFileSync(join(tree, 'deep', String(at)), '');
      const before = labelOf(outside);
      await relabelTree({ path: tree, label });
      for (const path of ['', 'deep', 'deep/0', `deep/${files - 1}`, 'directory', 'deep/file']) assert.equal(labelOf(join(tree, path)), label, path);
      for (const path of [outside, join(outside, 'secret')]) assert.equal(labelOf(path), before, path);
    });
  }

  test('a path in which a directory became a link is not followed', async () => {
    mkdirSync(join(base, 'mine/shared'), { recursive: true });
    mkdirSync(join(base, 'host/shared'), { recursive: true });
    renameSync(join(base, 'mine'), join(base, 'gone'));
    symlinkSync(join(base, 'host'), join(base, 'mine'));
    const before = labelOf(join(base, 'host/shared'));
    await assert.rejects(relabelTree({ path: join(base, 'mine/shared'), label }), { code: 'ELOOP' });
    assert.equal(labelOf(join(base, 'host/shared')), before);
  });

  test('a file, and one that is not there', async () => {
    writeFileSync(join(base, 'file'), '');
    await relabelTree({ path: join(base, 'file'), label });
    assert.equal(labelOf(join(base, 'file')), label);
    await relabelTree({ path: join(base, 'none'), label });
  });
});
