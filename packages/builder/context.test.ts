import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { applyIgnoreFile, readDockerfile } from './context.ts';

function context(files: Record<string, string>): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'context-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test('the Dockerfile may be written small when no other name was asked for', async () => {
  using small = context({ dockerfile: 'FROM a' });
  assert.deepEqual(await readDockerfile(small.path, 'Dockerfile'), { name: 'dockerfile', text: 'FROM a' });
  await assert.rejects(readDockerfile(small.path, 'Other'), { message: 'Cannot locate specified Dockerfile: Other' });
  await assert.rejects(readDockerfile(small.path, '../Dockerfile'), { message: /^forbidden path outside the build context/ });
});

test('what .dockerignore names is gone, exceptions stay', async () => {
  using all = context({
    '.dockerignore': '*.log\nbuild\n!build/keep/*.txt\n.dockerignore\n',
    'a.log': '', 'a.txt': '', 'build/x': '', 'build/keep/y.txt': '', 'build/gone/z': '', 'src/b.log': '',
  });
  await applyIgnoreFile(all.path, 'Dockerfile');
  assert.deepEqual(readdirSync(all.path, { recursive: true }).toSorted(), ['a.txt', 'build', 'build/keep', 'build/keep/y.txt', 'src', 'src/b.log']);
});

test('a malformed pattern is told', async () => {
  using bad = context({ '.dockerignore': '[\n' });
  await assert.rejects(applyIgnoreFile(bad.path, 'Dockerfile'), { message: 'error reading .dockerignore: syntax error in pattern' });
});
