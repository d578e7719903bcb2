import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quote } from './quote.ts';

test('quotes as strconv.Quote does', () => {
  assert.equal(quote('a"b\\c'), '"a\\"b\\\\c"');
  assert.equal(quote('tab\tnl\nbell\x07'), '"tab\\tnl\\nbell\\a"');
  assert.equal(quote('\x00\x7f'), '"\\x00\\x7f"');
  assert.equal(quote('나루 é ♥'), '"나루 é ♥"');
  assert.equal(quote('\u00a0\u200b\u{e0001}'), '"\\u00a0\\u200b\\U000e0001"');
});
