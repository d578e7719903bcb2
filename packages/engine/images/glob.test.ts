import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globPattern } from './glob.ts';

test('patterns match as in Go', () => {
  const cases: [string, string, boolean][] = [
    ['led-*', 'led-imp:v1', true],
    ['led-*', 'x/led-imp', false],
    ['*/cm', 'led/cm', true],
    ['bus?box', 'busybox', true],
    ['b[a-u]sybox', 'busybox', true],
    ['b[^u]sybox', 'busybox', false],
    ['a.c', 'abc', false],
    ['a\\*', 'a*', true],
  ];
  for (const [pattern, text, expected] of cases) assert.equal(globPattern(pattern).test(text), expected, `${pattern} on ${text}`);
});

test('an open class is a syntax error', () => {
  assert.throws(() => globPattern('a['), { name: 'InvalidArgument', message: 'syntax error in pattern' });
});
