import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Standstill } from './standstill.ts';

test('a standstill holds after one whole look in it, until something moves, time passes, or it is ended', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const standstill = new Standstill();
  const look = (...cheap: number[]): boolean => standstill.holds(cheap);
  assert.deepEqual([look(1, 2), look(1, 2), look(1, 2), look(1, 2)], [false, false, true, true]);
  assert.deepEqual([look(1, 3), look(1, 3), look(1, 3)], [false, false, true]);
  now = 5000;
  assert.deepEqual([look(1, 3), look(1, 3)], [false, true]);
  standstill.end();
  assert.deepEqual([look(1, 3), look(1, 3)], [false, true]);
});

test('where there is nothing to go by nothing is believed', () => {
  const standstill = new Standstill();
  assert.deepEqual([standstill.holds([]), standstill.holds([]), standstill.holds([])], [false, false, false]);
});
