import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProto, encodeProto } from './protobuf.ts';

test('numbers, truth, strings, messages, lists; what is undefined is left out', () => {
  const bytes = encodeProto({ 1: 2, 2: { 1: 300, 12: true, 13: '/r', 37: ['a', 'b'] }, 3: undefined });
  assert.equal(bytes.toString('hex'), '0802' + '1211' + '08ac02' + '6001' + '6a022f72' + 'aa020161' + 'aa020162');
  const outer = decodeProto(bytes);
  assert.deepEqual([outer.get(1), outer.has(3)], [2, false]);
  const inner = decodeProto(outer.get(2) as Buffer);
  assert.deepEqual([inner.get(1), inner.get(12), String(inner.get(13)), String(inner.get(37))], [300, 1, '/r', 'b']);
});

test('a negative number is ten bytes; what is cut off is refused', () => {
  assert.equal(decodeProto(Buffer.from('38ffffffffffffffffff01', 'hex')).get(7), -1);
  for (const broken of ['38ff', '1205aa', '0b']) assert.throws(() => decodeProto(Buffer.from(broken, 'hex')), /broken/);
});
