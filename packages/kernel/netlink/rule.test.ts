import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from './message.ts';
import { addRule, deleteRule } from './rule.ts';

test('a rule by mark and incoming link', () => {
  const expected = ['40000000 2000 0006 01000000 00000000', '02 00 00 00 fe 00 00 01 00000000', '0800 0600 616e0000', '0800 0a00 07000000', '0800 0f00 fe000000', '0900 0300 672d696e 00 000000'];
  const bytes = encode(addRule({ family: 4, priority: 28_257, mark: 7, from: 'g-in', table: 254 }), 1, 0).toString('hex');
  assert.equal(bytes, expected.join('').replaceAll(' ', ''));
});

test('a table above 255 travels as an attribute alone', () => {
  const bytes = encode(deleteRule({ family: 4, priority: 1, mark: 7, table: 0x6e610001 }), 1, 0).toString('hex');
  assert.ok(bytes.includes('0200000000000001'));
  assert.ok(bytes.endsWith('08000f000100616e'));
});
