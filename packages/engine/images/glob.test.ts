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
    ['[z-a]b', 'zb', false],
    ['[^z-a]b', 'zb', true],
    ['[\\]-a]', '^', true],
    ['*a*a*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(200), false],
  ];
  for (const [pattern, text, expected] of cases) assert.equal(globPattern(pattern).test(text), expected, `${pattern} on ${text}`);
});

test('an open class is a syntax error', () => {
  for (const pattern of ['a[', '[', '[]', '[a-]', '[-a]', '[^]', 'a\\', '[a-\\']) {
    assert.throws(() => globPattern(pattern), { name: 'InvalidArgument', message: 'syntax error in pattern' }, pattern);
  }
});
