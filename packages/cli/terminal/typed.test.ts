import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetachWatch, parseDetachKeys } from './detach-keys.ts';
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

test('the detach keys are found across pieces; a key that breaks the sequence begins no other', () => {
  const take = (watch: DetachWatch, text: string) => Object.values(watch.take(Buffer.from(text))).map(String);
  const watch = new DetachWatch(parseDetachKeys('a,b,c') ?? assert.fail());
  assert.deepEqual(take(watch, 'xab'), ['x', 'false']);
  assert.deepEqual(take(watch, 'ac'), ['abac', 'false']);
  assert.deepEqual(take(watch, 'abc'), ['', 'true']);
});
