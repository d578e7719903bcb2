/** Time as the API tells it. One object, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /** Nanoseconds since the epoch, never the same twice. */
  nanoseconds(): bigint;
}

const millisecond = 1_000_000n;
const second = 1_000_000_000n;

/**
 * The machine's clock, to the nanosecond: what has passed by the monotonic clock, set by the wall's whenever they differ
 * by a millisecond. The monotonic clock alone stands while the machine sleeps, and does not hear that the time was set.
 */
export function systemClock(wall: () => number = Date.now, monotonic: () => bigint = process.hrtime.bigint): Clock {
  let origin = 0n;
  let last = 0n;
  return {
    now: wall,
    nanoseconds() {
      const passed = monotonic();
      const earliest = BigInt(wall()) * millisecond;
      const now = origin + passed;
      if (now < earliest || now >= earliest + 2n * millisecond) origin = earliest - passed;
      const told = origin + passed;
      return (last = told > last || told < last - second ? told : last + 1n);
    },
  };
}

/** What Docker prints for a moment that has not come: Go's zero time. */
export const zeroTime = '0001-01-01T00:00:00Z';

/** RFC 3339 with up to nine digits of a second, trailing zeros cut, in UTC (Go's RFC3339Nano). Milliseconds; undefined is the zero time. */
export function rfc3339(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return zeroTime;
  const text = new Date(milliseconds).toISOString();
  return text.endsWith('0Z') ? text.replace(/\.?0*Z$/, 'Z') : text;
}

/** The same of nanoseconds: what happened before is never told as later, as it would be by a moment cut to milliseconds. */
export function rfc3339Nano(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / millisecond)).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
  return `${seconds}.${String(nanoseconds % second).padStart(9, '0')}`.replace(/\.?0+$/, '') + 'Z';
}
