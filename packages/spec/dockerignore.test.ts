import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IgnorePatterns, parseIgnoreFile } from './dockerignore.ts';

const excluded = (patterns: string[], path: string): boolean => new IgnorePatterns(patterns).excludes(path);

describe('the file', () => {
  test('drops comments, blanks and the byte order mark; cleans and makes relative', () => {
    const text = '\ufeff# no\n\n  a/../b/  \n/c\n!/d/\n # kept: not at the start of the line\n! e\n';
    assert.deepEqual(parseIgnoreFile(text), ['b', 'c', '!d', '# kept: not at the start of the line', '!e']);
  });

  test('an exception without a pattern is refused when used', () => {
    assert.throws(() => new IgnorePatterns(parseIgnoreFile('!\n')), { message: 'illegal exclusion pattern: "!"' });
  });
});

describe('matching', () => {
  test('a directory takes everything below with it', () => {
    assert.ok(excluded(['node_modules'], 'node_modules/a/b'));
    assert.ok(!excluded(['node_modules'], 'x/node_modules'));
    assert.ok(excluded(['**/node_modules'], 'x/node_modules/y'));
  });

  test('one star stays in its directory, two do not', () => {
    assert.ok(excluded(['*.md'], 'README.md'));
    assert.ok(!excluded(['*.md'], 'docs/README.md'));
    assert.ok(excluded(['**/*.md'], 'docs/x/README.md'));
    assert.ok(excluded(['docs/**/a'], 'docs/a'));
    assert.ok(!excluded(['docs/**/a'], 'docs/xa'));
    assert.ok(excluded(['**/x/**/*.[co]', '!**/keep?.c'], 'a/x/b/c/d.o'));
    assert.ok(!excluded(['**/x/**/*.[co]', '!**/keep?.c'], 'x/b/keep1.c'));
    assert.ok(excluded(['a**/?'], 'ab/c/d'));
  });

  test('no pattern takes for ever', () => {
    assert.ok(!excluded(['**/a'.repeat(30) + '/b'], 'a/'.repeat(300) + 'c'));
    assert.ok(!excluded(['*a'.repeat(50) + '*[b]'], 'a'.repeat(200)));
  });

  test('the last pattern that matches decides', () => {
    const patterns = ['*', '!src', 'src/*.log'];
    assert.ok(excluded(patterns, 'Makefile'));
    assert.ok(!excluded(patterns, 'src/main.c'));
    assert.ok(excluded(patterns, 'src/x.log'));
    assert.ok(new IgnorePatterns(patterns).hasExceptions);
  });

  test('signs of regular expressions are plain characters', () => {
    assert.ok(excluded(['a+(b).$'], 'a+(b).$'));
    assert.ok(!excluded(['a.c'], 'abc'));
    assert.ok(excluded(['a\\*b'], 'a*b'));
    assert.ok(!excluded(['a\\*b'], 'axb'));
  });

  test('malformed patterns are refused', () => {
    assert.throws(() => new IgnorePatterns(['[']), { message: 'syntax error in pattern' });
  });
});
