import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goPattern } from './go-pattern.ts';

test('expressions that Go writes otherwise', () => {
  const matching: [pattern: string, text: string][] = [
    ['(?i)WEB', 'a-web-1'], ['^web$', 'web'], ['[[:alpha:]]+-1', 'web-1'], ['\\Aweb\\z', 'web'], ['\\Qa.b\\E', 'a.b'], ['(?P<n>w)eb', 'web'], ['x{2', 'x{2'], ['\\pL+', 'é'], ['a\\-b', 'a-b'],
  ];
  for (const [pattern, text] of matching) assert.ok(goPattern(pattern)?.test(text), pattern);
  const other: [pattern: string, text: string][] = [['WEB', 'web'], ['[[:digit:]]', 'web'], ['\\Qa.b\\E', 'axb'], ['\\Aeb', 'web']];
  for (const [pattern, text] of other) assert.equal(goPattern(pattern)?.test(text), false, pattern);
});

test('what Go does not compile is no expression', () => {
  for (const pattern of ['[', 'a**', '(a)\\1', '(?=a)', '(?<!a)b', '(', 'x'.repeat(1 << 20)]) assert.equal(goPattern(pattern), undefined, pattern);
});
