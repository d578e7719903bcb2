import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanSize } from './human-size.ts';

test('sizes read as Docker prints them', () => {
  const cases: [number, string][] = [
    [0, '0B'], [6, '6B'], [999, '999B'], [1000, '1kB'], [33280, '33.28kB'], [459264, '459.3kB'],
    [1311232, '1.311MB'], [3000000, '3MB'], [3010560, '3.011MB'], [1e12, '1TB'],
  ];
  for (const [bytes, text] of cases) assert.equal(humanSize(bytes), text);
});

test('three digits round up into an exponent, as in Go', () => {
  assert.equal(humanSize(999_900_000, 3), '1e+03MB');
  assert.equal(humanSize(1_982_356, 3), '1.98MB');
});
