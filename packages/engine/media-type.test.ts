import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireJsonType } from './media-type.ts';

test('what is JSON, with parameters, in any case', () => {
  for (const type of ['application/json', 'APPLICATION/JSON', ' application/json ; charset=utf-8', 'application/json;', 'application/json; x=1; x=1', 'application/json; a="b;c\\"d"; e=f']) requireJsonType(type);
});

test('what is not is refused in the words of Go\'s mime', () => {
  const refused: [type: string, words: string][] = [
    ['', 'malformed Content-Type header (): mime: no media type'],
    ['/', 'malformed Content-Type header (/): mime: no media type'],
    ['application/', 'malformed Content-Type header (application/): mime: expected token after slash'],
    ['application json', 'malformed Content-Type header (application json): mime: expected slash after first token'],
    ['application/json, text/plain', 'malformed Content-Type header (application/json, text/plain): mime: unexpected content after media subtype'],
    ['application/json; x', 'malformed Content-Type header (application/json; x): mime: invalid media parameter'],
    ['application/json;;', 'malformed Content-Type header (application/json;;): mime: invalid media parameter'],
    ['application/json; x="1', 'malformed Content-Type header (application/json; x="1): mime: invalid media parameter'],
    ['application/json; x=1; x=2', 'malformed Content-Type header (application/json; x=1; x=2): mime: duplicate parameter name'],
    ['text/plain', 'unsupported Content-Type header (text/plain): must be \'application/json\''],
    ['json', 'unsupported Content-Type header (json): must be \'application/json\''],
  ];
  for (const [type, message] of refused) assert.throws(() => requireJsonType(type), { name: 'InvalidArgument', message }, type);
});
