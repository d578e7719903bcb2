import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';

const files = globSync(new URL('../kernel/native/*.[ch]', import.meta.url).pathname);
const textOf = (file: string) => readFileSync(file, 'utf8');

test('the C stays small: under 2,670 lines of code in all', () => {
  const code = files.map((file) => textOf(file).replace(/\/\*[^]*?\*\//g, '').split('\n').filter((line) => line.trim() !== '').length);
  assert.ok(code.reduce((sum, count) => sum + count, 0) < 2670);
});

test('no function of it is longer than 60 lines', () => {
  for (const file of files) {
    let start = 0;
    for (const [index, line] of textOf(file).split('\n').entries()) {
      if (/^[a-z_].*\) \{$/i.test(line)) start = index;
      if (line === '}') assert.ok(index - start < 60, `${basename(file)}:${start + 1}`);
    }
  }
});

test('it has no global state: what stands at the margin and is no function is constant', () => {
  for (const file of files.filter((name) => name.endsWith('.c'))) {
    const variables = textOf(file).split('\n').filter((line) => /^(static )?[a-z_]\w*[\s*]+\w[^(]*[=;]/.test(line) && !/\bconst\b|^enum /.test(line));
    assert.deepEqual(variables, [], basename(file));
  }
});

test('it reads no JSON', () => {
  for (const file of files.filter((name) => basename(name) !== 'log.c')) assert.doesNotMatch(textOf(file), /\bjson\b/i, basename(file));
});
