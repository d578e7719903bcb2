import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDirectories } from './directories.ts';

test('what was opened is closed, also when the second cannot be', (t) => {
  const at = mkdtempSync(join(tmpdir(), 'naru-criu-'));
  t.after(() => rmSync(at, { recursive: true }));
  const [images, work, root] = ['images', 'work', 'root'].map((name) => join(at, name)) as [string, string, string];
  const held = (): string[] => readdirSync('/proc/self/fd').map(targetOf).filter((target) => target.startsWith(at));
  {
    using _opened = openDirectories({ images, work });
    assert.deepEqual(held().toSorted(), [images, work]);
  }
  mkdirSync(join(root, images), { recursive: true });
  assert.throws(() => openDirectories({ images, work }, root), { code: 'ENOENT' });
  assert.deepEqual(held(), []);
});

/** Of a descriptor; '' when it was only there to list them. */
function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
