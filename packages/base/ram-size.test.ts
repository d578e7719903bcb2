import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRamSize } from './ram-size.ts';

test('sizes are powers of 1024, whatever the unit is called', () => {
  for (const [text, bytes] of [['0', 0], ['1024', 1024], ['32b', 32], ['32k', 32_768], ['32KiB', 32_768], ['1.5 GB', 1_610_612_736], ['2t', 2 ** 41]] as const) assert.equal(parseRamSize(text), bytes);
  for (const text of ['', '-1', '1x', '1 2', 'k', '1e3', '1.']) assert.throws(() => parseRamSize(text), { message: `invalid size: '${text}'` });
});
