import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { homeIn, withEnvironment } from './environment.ts';

suite('environment of a process', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'naru-root-'));
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/real'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:2000:2000::/home/user:\n');
    symlinkSync('/etc/real', join(root, 'etc/passwd')); // of the container, not of this machine
  });
  after(() => rmSync(root, { recursive: true }));
  const of = (uid: number, ...env: string[]) => withEnvironment({ user: { uid, gid: 0 }, cwd: '/', env }, root).env;

  test('HOME is the passwd file\'s unless somebody says it', () => {
    assert.deepEqual(of(0, 'A=1'), ['A=1', 'HOME=/root']);
    assert.deepEqual(of(2000), ['HOME=/home/user']);
    assert.deepEqual(of(3000, 'HOME='), ['HOME=/']);
    assert.deepEqual(of(0, 'HOME=/mine'), ['HOME=/mine']);
    assert.deepEqual(of(0, 'HOME=/mine', 'HOME='), ['HOME=/root']);
  });

  test('of a name that is there twice the last counts', () => {
    assert.deepEqual(of(0, 'A=1', 'B=2', 'A=', 'HOME=/h'), ['A=', 'B=2', 'HOME=/h']);
  });

  test('lines that are none are passed over', () => assert.equal(homeIn('\nx:y\nroot:x:0:0::\n', 0), '/'));
});
