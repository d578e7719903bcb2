import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownDirectory } from './own-directory.ts';

test("a directory that others could have filled is not taken for one's own", () => {
  const parent = mkdtempSync(join(tmpdir(), 'naru-own-'));
  const uid = process.geteuid?.() ?? 0;
  try {
    const own = ownDirectory(join(parent, 'own'), uid, 'advice');
    assert.equal(ownDirectory(own, uid, 'advice'), own);
    assert.throws(() => ownDirectory(own, uid + 1, 'set it'), /not a directory of this user's alone: set it/);
    symlinkSync(own, join(parent, 'link'));
    assert.throws(() => ownDirectory(join(parent, 'link'), uid, ''), /not a directory/);
    chmodSync(own, 0o777);
    assert.throws(() => ownDirectory(own, uid, ''), /not a directory/);
  } finally {
    rmSync(parent, { recursive: true });
  }
});
