import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removalsDone, removeTreeLater } from './remove-later.ts';

const base = mkdtempSync(join(tmpdir(), 'naru-later-'));
after(() => rmSync(base, { recursive: true }));

test('trees go, links with them and not what they lead to, one failure not stopping the next', async () => {
  const kept = join(base, 'kept');
  mkdirSync(kept);
  const tree = join(base, 'tree');
  mkdirSync(join(tree, 'a/b'), { recursive: true });
  writeFileSync(join(tree, 'a/file'), 'x');
  symlinkSync(kept, join(tree, 'link'));
  const big = join(base, 'big');
  mkdirSync(big);
  for (let i = 0; i < 300; i++) writeFileSync(join(big, String(i)), '');
  writeFileSync(join(base, 'no-directory'), '');
  const failures: unknown[] = [];
  for (const path of [join(base, 'absent'), join(base, 'no-directory'), tree, big]) removeTreeLater(path, (error) => failures.push(error));
  await removalsDone();
  assert.equal(failures.length, 1);
  assert.deepEqual([tree, big, kept].map((path) => existsSync(path)), [false, false, true]);
});
