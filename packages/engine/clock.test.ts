import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc3339Nano, systemClock } from './clock.ts';

/** A clock whose two sources a test sets: milliseconds since the epoch, nanoseconds since whenever. */
function setClock(): { wall: number; passed: bigint; next(): bigint } {
  const sources = { wall: 1_000, passed: 77n };
  const clock = systemClock(() => sources.wall, () => sources.passed);
  return Object.assign(sources, { next: () => clock.nanoseconds() });
}

test('nanoseconds go on between two milliseconds of the wall, and are never the same twice', () => {
  const clock = setClock();
  assert.equal(clock.next(), 1_000_000_000n);
  clock.passed += 250n;
  assert.deepEqual([clock.next(), clock.next()], [1_000_000_250n, 1_000_000_251n]);
});

test('a moment is never before the millisecond that the wall tells', () => {
  const clock = setClock();
  clock.next();
  clock.wall += 1;
  assert.equal(clock.next(), 1_001_000_000n);
});

test('a machine that slept, or whose time was set, tells the time that it is', () => {
  const clock = setClock();
  clock.next();
  clock.wall += 3_600_000;
  clock.passed += 5n;
  assert.equal(clock.next(), 3_601_000_000_000n);
  clock.wall -= 60_000;
  assert.equal(clock.next(), 3_541_000_000_000n);
});

test('a moment to the nanosecond is written as Go writes it', () => {
  assert.equal(rfc3339Nano(1_700_000_000_123_456_789n), '2023-11-14T22:13:20.123456789Z');
  assert.equal(rfc3339Nano(1_700_000_000_120_000_000n), '2023-11-14T22:13:20.12Z');
  assert.equal(rfc3339Nano(1_700_000_000_000_000_000n), '2023-11-14T22:13:20Z');
});
