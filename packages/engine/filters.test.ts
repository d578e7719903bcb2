import assert from 'node:assert/strict';
import { test } from 'node:test';
import { booleanFilter, parseFilters, patternFilter } from './filters.ts';

const parsed = (text: string): unknown => Object.fromEntries(parseFilters(text, ['name', 'dangling']));

test('both forms of a filter document, as Go decodes them', () => {
  assert.deepEqual(parsed('{"name":["a","b","a"]}'), { name: ['a', 'b'] });
  assert.deepEqual(parsed('{"name":{"a":true,"b":false,"c":null}}'), { name: ['a', 'b', 'c'] });
  assert.deepEqual(parsed('{"name":null}'), { name: [] });
  assert.deepEqual(parsed('{"name":[null]}'), { name: [''] });
  assert.deepEqual(parsed('null'), {});
  assert.deepEqual(parsed(''), {});
});

test('a document that is none is told before a name that is not known', () => {
  for (const text of ['{', '[]', '1', '{"x":1}', '{"x":"y"}', '{"x":{"y":1}}', '{"name":{"a":true},"dangling":["true"]}']) {
    assert.throws(() => parsed(text), { message: 'invalid filter' }, text);
  }
  assert.throws(() => parsed('{"x":["y"]}'), { message: "invalid filter 'x'" });
  assert.throws(() => parsed('{"":["y"]}'), { message: 'invalid filter' });
});

test('a boolean is one of four words, once', () => {
  const dangling = (text: string): boolean | undefined => booleanFilter(parseFilters(text), 'dangling');
  assert.equal(dangling('{}'), undefined);
  assert.equal(dangling('{"dangling":["1"]}'), true);
  assert.equal(dangling('{"dangling":["false","x"]}'), false);
  assert.throws(() => dangling('{"dangling":[]}'), { message: "invalid filter 'dangling'" });
  assert.throws(() => dangling('{"dangling":["True"]}'), { message: "invalid filter 'dangling=[True]'" });
  assert.throws(() => dangling('{"dangling":["1","0"]}'), { message: "invalid filter 'dangling=[1 0]'" });
});

test('a name is found whole or by an expression', () => {
  assert.ok(patternFilter(undefined)('web'));
  assert.ok(patternFilter([])('web'));
  assert.ok(patternFilter(['['])('['));
  assert.ok(!patternFilter(['['])('a['));
  assert.ok(patternFilter(['^w.b$', 'x'])('web'));
});
