import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgument } from '#base';
import { parseMoment, parseUnixTime } from './timestamp.ts';

test('Unix time keeps nine decimals', () => {
  assert.equal(parseUnixTime('1795304336'), 1_795_304_336_000_000_000n);
  assert.equal(parseUnixTime('1795304336.5'), 1_795_304_336_500_000_000n);
  assert.equal(parseUnixTime('1795304336.000000001'), 1_795_304_336_000_000_001n);
  assert.equal(parseUnixTime(''), undefined);
  assert.throws(() => parseUnixTime('xx'), { message: 'strconv.ParseInt: parsing "xx": invalid syntax' });
});

test('a moment is a duration ago, a date or Unix time', () => {
  assert.equal(parseMoment('10s', 20_500), 10_000_000_000n);
  assert.equal(parseMoment('1970-01-01T00:00:05Z', 0), 5_000_000_000n);
  assert.equal(parseMoment('1970-01-01T01:00:00.25+01:00', 0), 250_000_000n);
  assert.equal(parseMoment('1970-01-02Z', 0), 86_400_000_000_000n);
  assert.equal(parseMoment('7', 0), 7_000_000_000n);
  assert.throws(() => parseMoment('yesterday', 0), InvalidArgument);
});
