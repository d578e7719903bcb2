import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressBar } from './bar.ts';

test('the bar is the one Docker clients print', () => {
  assert.equal(progressBar(33280, 3_000_000), '[>                                                  ]  33.28kB/3MB');
  assert.equal(progressBar(459264, 3_000_000), '[=======>                                           ]  459.3kB/3MB');
  assert.equal(progressBar(3_001_235, 3_001_235), '[==================================================>]  3.001MB/3.001MB');
});

test('more than announced shows no total, an unknown total no bar', () => {
  assert.equal(progressBar(3_010_560, 3_000_000), '[==================================================>]  3.011MB');
  assert.equal(progressBar(1000, 0), '     1kB');
  assert.equal(progressBar(0, 0), '');
});
