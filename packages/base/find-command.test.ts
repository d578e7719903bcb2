import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { test } from 'node:test';
import { findCommand } from './find-command.ts';

test("a command is found on the path, or where the administrator's are", () => {
  assert.equal(findCommand('sh', '/nowhere:/bin'), '/bin/sh');
  assert.equal(findCommand('no-such-command', '/bin'), undefined);
  assert.equal(findCommand('sh', '/etc/passwd:/bin'), '/bin/sh');
  assert.equal(findCommand('sh', `${relative(process.cwd(), '/bin')}:`), undefined);
});
