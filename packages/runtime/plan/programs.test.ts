import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SeccompPrograms } from './programs.ts';

test('a sweep leaves the programs that are in use', () => {
  const root = mkdtempSync(join(tmpdir(), 'naru-programs-'));
  try {
    const programs = new SeccompPrograms(root);
    const [used] = [programs.keep(Buffer.from('used')), programs.keep(Buffer.from('not'))];
    assert.equal(readdirSync(root).length, 2);
    const next = new SeccompPrograms(root);
    next.sweep(new Set([used, undefined]));
    assert.deepEqual(readdirSync(root), [used]);
    assert.equal(Buffer.from(next.read(used)).toString(), 'used');
  } finally {
    rmSync(root, { recursive: true });
  }
});
