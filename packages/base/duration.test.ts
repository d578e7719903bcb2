import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

test('reads what Go writes', () => {
  assert.equal(parseDuration('1h30m'), 5400e9);
  assert.equal(parseDuration('1.5s'), 1.5e9);
  assert.equal(parseDuration('.5ms'), 5e5);
  assert.equal(parseDuration('-2us'), -2000);
  assert.equal(parseDuration('+1µs10ns'), 1010);
  assert.equal(parseDuration('0'), 0);
});

test('refuses in Go\'s words', () => {
  assert.throws(() => parseDuration(''), { message: 'time: invalid duration ""' });
  assert.throws(() => parseDuration('abc'), { message: 'time: invalid duration "abc"' });
  assert.throws(() => parseDuration('5'), { message: 'time: missing unit in duration "5"' });
  assert.throws(() => parseDuration('5x'), { message: 'time: unknown unit "x" in duration "5x"' });
  assert.throws(() => parseDuration('.s'), { message: 'time: invalid duration ".s"' });
});

test('writes what Go writes', () => {
  const written = { 0: '0s', 15: '15ns', 1500: '1.5µs', 2e6: '2ms', 1.5e9: '1.5s', 300e9: '5m0s', 5400e9: '1h30m0s', 3600.25e9: '1h0m0.25s' };
  for (const [nanoseconds, text] of Object.entries(written)) assert.equal(formatDuration(Number(nanoseconds)), text);
  assert.equal(formatDuration(-2e9), '-2s');
});
