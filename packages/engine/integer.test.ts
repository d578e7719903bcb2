import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInteger } from './integer.ts';

test('numbers of 64 bits, in the words of strconv for others', () => {
  for (const [text, number] of [['0', 0], ['+7', 7], ['-7', -7], ['007', 7]] as const) assert.equal(parseInteger(text), number);
  for (const text of ['', 'x', '1e3', '1.0', '0x10', ' 1']) assert.throws(() => parseInteger(text), { message: `strconv.Atoi: parsing "${text}": invalid syntax` });
  assert.throws(() => parseInteger('\0'), { message: 'strconv.Atoi: parsing "\\x00": invalid syntax' });
  assert.throws(() => parseInteger('9223372036854775808', 'ParseInt'), { message: 'strconv.ParseInt: parsing "9223372036854775808": value out of range' });
});
