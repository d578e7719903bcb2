/** Time as the API tells it. One object, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /** Nanoseconds since the epoch, never the same twice. */
  nanoseconds(): bigint;
}

/** The machine's clock. */
export function systemClock(): Clock {
  let last = 0n;
  return {
    now: Date.now,
    nanoseconds() {
      const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
      return (last = now > last ? now : last + 1n);
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
