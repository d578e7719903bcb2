import { deepEqual, match } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileSystemName } from './file-system-name.ts';
import { makeTopDirectory } from './top-directory.ts';

for (const parent of [tmpdir(), '/dev/shm']) {
  test(`a top directory is made below ${parent}, twice too, and ext4 is told what it is`, () => {
    const directory = mkdtempSync(join(parent, 'naru-top-'));
    try {
      const path = join(directory, 'a/b');
      for (let time = 0; time < 2; time += 1) makeTopDirectory(path, 0o700);
      deepEqual([statSync(path).mode & 0o777, readdirSync(path)], [0o700, []]);
      if (fileSystemName(path) === 'extfs') match(execFileSync('lsattr', ['-d', path], { encoding: 'utf8' }), /^[^ ]*T[^ ]* /);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
