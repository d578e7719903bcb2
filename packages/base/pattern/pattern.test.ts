import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goPattern } from './pattern.ts';

test('expressions that match', () => {
  const cases: [pattern: string, text: string][] = [
    ['(?i)WEB', 'a-web-1'], ['^web$', 'web'], ['[[:alpha:]]+-1', 'web-1'], ['\\Aweb\\z', 'web'], ['\\Qa.b\\E', 'a.b'], ['\\Qa.b\\E+$', 'a.bbb'], ['\\Qa.b', 'xa.b'],
    ['(?P<n>w)eb', 'web'], ['(?<n>w)eb', 'web'], ['x{2', 'x{2'], ['x{,2}', 'x{,2}'], ['x{02}', 'x{02}'], ['^x{2}$', 'xx'], ['^x{2,}$', 'xxxx'], ['^x{1,3}$', 'xxx'], ['\\pL+', 'é'],
    ['\\p{Greek}', 'λ'], ['\\P{^Greek}', 'λ'], ['a\\-b', 'a-b'], ['^(?:a|b)*?$', 'abab'], ['', ''], ['|x', 'y'], ['()', 'y'], ['^*', 'y'], ['a{0}b', 'b'], ['[]a]', ']'], ['[^]a]', 'b'], ['[a-]', '-'],
    ['[\\d-z]', '7'], ['[[:^digit:]]', 'x'], ['[^\\D]', '7'], ['[\\]]', ']'], ['\\x41\\x{1F600}', 'A😀'], ['^.$', '😀'], ['\\101', 'A'], ['(?s).', '\n'], ['(?m)^b$', 'a\nb\nc'],
    ['(?i)straße', 'STRAßE'], ['(?i:A)b', 'ab'], ['((?i)a)b', 'Ab'], ['\\bweb\\b', 'a web b'], ['\\Beb', 'web'], ['[^a]', '\n'], ['(?i)[k]', '\u212a'], ['[[:word:]]', '_'], ['[[]', '['], ['[[:]', ':'], ['(?U)a+', 'a'], ['(?-i)a', 'a'],
  ];
  for (const [pattern, text] of cases) assert.equal(goPattern(pattern)?.test(text), true, `${pattern} on ${JSON.stringify(text)}`);
});

test('expressions that do not match', () => {
  const cases: [pattern: string, text: string][] = [
    ['WEB', 'web'], ['[[:digit:]]', 'web'], ['\\Qa.b\\E', 'axb'], ['\\Aeb', 'web'], ['^b$', 'a\nb'], ['a$', 'a\n'], ['.', '\n'], ['((?i)a)b', 'AB'], ['(?i:A)b', 'aB'], ['\\s', '\v'], ['^x{2}$', 'xxx'],
    ['\\bweb\\b', 'webs'], ['\\d', '٣'], ['\\w', 'é'], ['\\p{Lu}', 'a'], ['(?i-i)A', 'a'], ['^(a|b){3}$', 'ab'],
  ];
  for (const [pattern, text] of cases) assert.equal(goPattern(pattern)?.test(text), false, `${pattern} on ${JSON.stringify(text)}`);
});

test('what Go does not compile is no expression', () => {
  const none = [
    '[', '[a', '[]', '[z-a]', '[[:nobody:]]', 'a**', 'a*??', 'a{2}{3}', '*a', '(+)', 'a|*', '{2}', '(a)\\1', '\\8', '\\y', '\\Z', '\\', '\\x', '\\x{110000}', '\\pX', '\\p{Nobody}', '(?=a)', '(?<!a)b', '(', ')', 'a)', '(?', '(?i', '(?-)', '(?z)',
    '(?P<>a)', '(?P<a-b>x)', '(?P<n>a)(?P<n>b)', 'a{1001}', 'a{3,2}', '(a{100}){11}', '('.repeat(1002) + ')'.repeat(1002), 'x'.repeat(1 << 20), '(?:[a-z]{100}[0-9]{100}){9}'.repeat(10),
  ];
  for (const pattern of none) assert.equal(goPattern(pattern), undefined, pattern.slice(0, 40));
});

test('no expression of a client makes a text take longer than linear time', () => {
  for (const pattern of ['(a+)+$', '(a|a)*c', '(a|aa)+$', '(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x$', '(a?){60}a{60}$', '((a*)*)*c', '(x+x+)+y']) {
    assert.equal(goPattern(pattern)?.test(`${(pattern.includes('x+') ? 'x' : 'a').repeat(2000)}b`), false, pattern);
  }
});
