import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasWildcard, matchPath } from './wildcard.ts';

test('wildcards stay within one path element', () => {
  assert.ok(matchPath('*.txt', 'a.txt'));
  assert.ok(!matchPath('*.txt', 'd/a.txt'));
  assert.ok(matchPath('d/?.txt', 'd/a.txt'));
  assert.ok(!matchPath('d?a', 'd/a'));
  assert.ok(matchPath('*/b', 'a/b'));
});

test('classes, ranges, negation, escapes', () => {
  assert.ok(matchPath('[ab-d]x', 'cx'));
  assert.ok(!matchPath('[^ab-d]x', 'cx'));
  assert.ok(matchPath('[^ab-d]x', 'ex'));
  assert.ok(matchPath('\\*a', '*a'));
  assert.ok(!matchPath('\\*a', 'ba'));
  assert.ok(matchPath('[\\]a]', ']'));
  assert.ok(!matchPath('[z-a]', 'b'));
  assert.ok(matchPath('[^z-a]', 'b'));
});

test('references are matched whole', () => {
  const cases: [pattern: string, text: string, expected: boolean][] = [
    ['led-*', 'led-imp:v1', true], ['led-*', 'x/led-imp', false], ['b[^u]sybox', 'busybox', false], ['a.c', 'abc', false], ['[\\]-a]', '^', true],
  ];
  for (const [pattern, text, expected] of cases) assert.equal(matchPath(pattern, text), expected, `${pattern} on ${text}`);
});

test('no pattern takes for ever', () => {
  assert.ok(!matchPath('*a'.repeat(50) + 'b', 'a'.repeat(200)));
  assert.ok(!matchPath('*a'.repeat(50) + '*b', 'a'.repeat(200)));
});

test('malformed patterns are refused', () => {
  for (const pattern of ['[', 'a[', '[a', '[]', '[^]', '[]a]', '[-x]', '[x-]', 'a\\', '[a\\', '[a-\\']) {
    assert.throws(() => matchPath(pattern, 'a'), { message: 'syntax error in pattern' }, pattern);
  }
});

test('tells names that need a search', () => {
  assert.ok(hasWildcard('a*'));
  assert.ok(hasWildcard('[x]'));
  assert.ok(!hasWildcard('a\\*b'));
  assert.ok(!hasWildcard('plain'));
});
