import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutParentDeath } from './parent-death.ts';
import { encodeProto } from './protobuf.ts';

function image(fields: Parameters<typeof encodeProto>[0]): Buffer {
  const entry = encodeProto(fields);
  const header = Buffer.from('1943565447380555' + '00000000', 'hex');
  header.writeUInt32LE(entry.length, 8);
  return Buffer.concat([header, entry]);
}

test('the signal goes, all else stays as it is', () => {
  const other = { 1: 1, 3: { 8: 9 } };
  assert.deepEqual(withoutParentDeath(image({ ...other, 5: { 1: 300, 8: 9, 13: 'sh' } })), image({ ...other, 5: { 1: 300, 13: 'sh' } }));
  assert.deepEqual(withoutParentDeath(image(other)), image(other));
});
