import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execAction } from './action.ts';

test('a command without arguments is followed by a space too', () => {
  assert.equal(execAction('exec_create', ['sh', '-c', 'true']), 'exec_create: sh -c true');
  assert.equal(execAction('exec_start', ['true']), 'exec_start: true ');
});
