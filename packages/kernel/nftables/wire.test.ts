import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addElements, be16, deleteElements, registers } from './wire.ts';

/** `add element inet t m { tcp . 80 : 10.0.0.2 . 81 }`, on a little-endian machine. */
test('elements are nested attributes, numbers in network order, registers of four bytes', () => {
  const element = { key: registers(Uint8Array.of(6), be16(80)), value: registers(Uint8Array.of(10, 0, 0, 2), be16(81)) };
  const [message] = addElements('inet', 't', 'm', [element]);
  const list = Buffer.from(message?.body ?? []).subarray(4 + 8 + 8);
  assert.equal(list.toString('hex'), ['28000380', '24000180', '10000180', '0c000100', '0600000000500000', '10000280', '0c000100', '0a00000200510000'].join(''));
});

test('many elements go in several messages, and deleting sends keys alone', () => {
  const elements = Array.from({ length: 900 }, (_, i) => ({ key: registers(be16(i)), value: registers(be16(i)) }));
  assert.deepEqual(addElements('inet', 't', 'm', elements).length, 3);
  const [message] = deleteElements('inet', 't', 'm', elements.slice(0, 1));
  assert.equal(message?.body.length, 4 + 8 + 8 + 4 + 4 + 4 + 8);
});
