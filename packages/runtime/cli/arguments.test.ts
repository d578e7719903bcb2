import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from './arguments.ts';

const table = [{ name: 'bundle', short: 'b', value: true }, { name: 'detach', short: 'd' }, { name: 'env', short: 'e', value: true }];

test('flags end at the first word that is none', () => {
  const { flags, rest } = parseFlags(['-d', '--bundle', '/b', '--env=A=1', '-e', 'B=2', 'id', '-d', 'ls'], table);
  assert.deepEqual([...flags], [['detach', ['true']], ['bundle', ['/b']], ['env', ['A=1', 'B=2']]]);
  assert.deepEqual(rest, ['id', '-d', 'ls']);
  assert.deepEqual(parseFlags(['-d', '--', '-x'], table).rest, ['-x']);
});

test('flags may follow the words where these are the command\'s own', () => {
  const { flags, rest } = parseFlags(['id', '--bundle', '/b', 'more', '-d', '--', '-x'], table, true);
  assert.deepEqual([[...flags], rest], [[['bundle', ['/b']], ['detach', ['true']]], ['id', 'more', '-x']]);
});

test('what is wrong is named', () => {
  assert.throws(() => parseFlags(['--nope'], table), { name: 'InvalidArgument', message: 'flag provided but not defined: -nope' });
  assert.throws(() => parseFlags(['--bundle'], table), { message: 'flag needs an argument: -bundle' });
});
