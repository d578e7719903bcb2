import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goPattern } from './go-pattern.ts';

test('expressions mean what they do in Go', () => {
  const matching: [pattern: string, text: string][] = [
    ['web', 'a-web-1'], ['(?i)WEB', 'a-web-1'], ['^web$', 'web'], ['[[:alpha:]]+-1', 'web-1'], ['\\Aweb\\z', 'web'], ['\\Qa.b\\E', 'a.b'], ['(?P<n>w)eb', 'web'], ['x{2', 'x{2'], ['\\pL+', 'é'],
    ['\\p{Greek}', 'λ'], ['a\\-b', 'a-b'], ['^.$', '😀'], ['(?m)^b$', 'a\nb\nc'], ['', ''],
  ];
  for (const [pattern, text] of matching) assert.equal(goPattern(pattern)?.test(text), true, pattern);
  const other: [pattern: string, text: string][] = [['WEB', 'web'], ['[[:digit:]]', 'web'], ['\\Qa.b\\E', 'axb'], ['\\Aeb', 'web'], ['a$', 'a\n'], ['.', '\n'], ['\\s', '\v'], ['\\d', '٣']];
  for (const [pattern, text] of other) assert.equal(goPattern(pattern)?.test(text), false, pattern);
});

test('what Go does not compile is no expression', () => {
  for (const pattern of ['[', 'a**', '(a)\\1', '(?=a)', '(?<!a)b', '(', 'a{1001}', '(a{100}){11}', 'x.'.repeat(1 << 20), 'x{1000}'.repeat(1400), `(${'a?'.repeat(1000)}){100}`]) assert.equal(goPattern(pattern), undefined, pattern.slice(0, 40));
});

test('no expression of a client makes a text take longer than linear time', () => {
  for (const pattern of ['(a+)+$', '(a|a)*c', '(a|aa)+$', '(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x$', '(a?){60}a{60}$', '((a*)*)*c']) {
    assert.equal(goPattern(pattern)?.test(`${'a'.repeat(2000)}b`), false, pattern);
  }
  assert.equal(goPattern('^[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9a-f]{64}$')?.test(`2020-01-02_${'0'.repeat(64)}`), true, 'what one writes is not too large');
  assert.equal(goPattern(`^(?:${Array.from({ length: 100 }, (_, index) => String(index).repeat(32)).join('|')})$`)?.test('9'.repeat(63)), false);
});
