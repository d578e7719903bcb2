/** Times as people write them for `--since` and `--until`, and as Docker prints them. */
import { InvalidArgument, parseDuration, quote } from '#base';
import { parseMoment } from './moment.ts';

/**
 * Seconds since the epoch, with nanoseconds where there are some, as the API takes them: from a duration before `now`
 * (milliseconds), a Unix time, or a date and time whose zone is the machine's unless it has one.
 * Throws InvalidArgument in Docker's words.
 */
export function parseTime(text: string, now: number): string {
  const before = text === '0' ? undefined : durationOf(text); // the beginning of time, not now
  if (before !== undefined) return seconds(BigInt(Math.round(now)) * 1_000_000n - BigInt(before));
  if (/^\d+(\.\d+)?$/.test(text) && !text.includes('-')) return text;
  try {
    return parseMoment(text, now);
  } catch (error) {
    if (text.includes('-')) throw error; // it was meant for a time
    throw new InvalidArgument(`failed to parse value as time or duration: ${quote(text)}`, { cause: error });
  }
}

function durationOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined; // then it is a time
  }
}

function seconds(nanoseconds: bigint): string {
  return String(nanoseconds / 1_000_000_000n);
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-21 23:34:48 +0000 UTC`, as Go prints a time in the machine's zone. */
export function goTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  const offset = -date.getTimezoneOffset();
  return `${clockAt(milliseconds, offset)} ${offsetText(offset)} ${offset === 0 ? 'UTC' : zoneName(date)}`;
}

/** Go's zero time. */
export const zeroTime = '0001-01-01T00:00:00Z';

/** As `goTime`, for a time in RFC 3339, in the zone that it names. */
export function goTimeOf(time: string): string {
  const [, sign = '', hours = '', minutes = ''] = /([+-])(\d{2}):(\d{2})$/.exec(time) ?? [];
  const offset = sign === '' ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const fraction = (/\.(\d+)/.exec(time)?.[1] ?? '').replace(/0+$/, '');
  const clock = clockAt(Date.parse(time), offset) + (fraction === '' ? '' : `.${fraction}`);
  return `${clock} ${offsetText(offset)} ${sign === '' ? 'UTC' : offsetText(offset)}`;
}

function clockAt(milliseconds: number, offset: number): string {
  return new Date(milliseconds + offset * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

function offsetText(offset: number, separator = ''): string {
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}${separator}${pad(Math.abs(offset) % 60)}`;
}

function zoneName(date: Date): string {
  return new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(date).find((part) => part.type === 'timeZoneName')?.value ?? 'UTC';
}

/** `2026-11-21T23:38:17Z` in the machine's zone (RFC 3339), with the nanoseconds when they are given. */
export function rfc3339(milliseconds: number, nanoseconds = ''): string {
  const offset = -new Date(milliseconds).getTimezoneOffset();
  const clock = new Date(milliseconds + offset * 60_000).toISOString().slice(0, 19);
  return `${clock}${nanoseconds === '' ? '' : `.${nanoseconds}`}${offset === 0 ? 'Z' : offsetText(offset, ':')}`;
}
