import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Typed } from './typed.ts';

test('lines come one by one, whatever the pieces are; the input is opened when it is first asked for', async () => {
  let opened = 0;
  const typed = new Typed(async function* () {
    opened++;
    for (const piece of ['on', 'e\ntwo\nthr\xc3', '\xa9e\nrest']) yield Buffer.from(piece, 'latin1');
  });
  assert.equal(opened, 0);
  assert.deepEqual([await typed.line(), await typed.line(), await typed.line(), await typed.line(), await typed.line()], ['one', 'two', 'thrée', 'rest', undefined]);
  assert.equal(opened, 1);
});

test('what a question leaves is the next one\'s', async () => {
  const typed = new Typed(async function* () {
    yield Buffer.from('abc\ndef');
  });
  assert.equal((await typed.chunk())?.toString(), 'abc\ndef');
  typed.unread(Buffer.from('c\nd'));
  assert.equal(await typed.line(), 'c');
  assert.equal((await typed.chunk())?.toString(), 'd');
  assert.equal(await typed.chunk(), undefined);
});
