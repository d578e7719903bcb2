import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBool, requireBool } from './parse-bool.ts';

test('Go\'s words for yes and no, and nothing else', () => {
  for (const yes of ['1', 't', 'T', 'true', 'TRUE', 'True']) assert.equal(parseBool(yes), true);
  for (const no of ['0', 'f', 'F', 'false', 'FALSE', 'False']) assert.equal(parseBool(no), false);
  for (const neither of ['', 'yes', 'tRUE', 'toString']) assert.throws(() => parseBool(neither), { message: `strconv.ParseBool: parsing "${neither}": invalid syntax` });
  assert.throws(() => requireBool('x', 'of it'), { message: 'of it: strconv.ParseBool: parsing "x": invalid syntax' });
});
