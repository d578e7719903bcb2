/**
 * PAX extended headers: records `LENGTH KEY=VALUE\n` whose length counts itself (POSIX pax, "pax Extended Header").
 * Values may hold any byte: extended attributes are binary.
 */
import { decodeName, encodeName } from './bytes.ts';
import { invalidHeader } from './fields.ts';

/** One record; keys may repeat (GNU sparse 0.0 needs each of them). */
export type PaxRecord = readonly [key: string, value: Buffer];

export const xattrPrefix = 'SCHILY.xattr.';

/** Splits the body of an `x` or `g` member; throws DataLoss for anything malformed. */
export function parsePax(body: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 || space - at > 10 ? '' : body.toString('latin1', at, space);
    if (!/^[0-9]+$/.test(digits)) throw invalidHeader('PAX record without a length');
    const end = at + Number(digits);
    const equals = body.indexOf(0x3d, space + 1);
    if (end > body.length || equals < 0 || equals >= end || body[end - 1] !== 0x0a) throw invalidHeader('malformed PAX record');
    const key = decodeName(body, space + 1, equals);
    const value = body.subarray(equals + 1, end - 1);
    checkRecord(key, value);
    records.push([key, Buffer.from(value)]);
    at = end;
  }
  return records;
}

/** One record, for writing. */
export function formatPax(key: string, value: string | Uint8Array): Buffer {
  const payload = Buffer.concat([Buffer.from(' '), encodeName(key), Buffer.from('='), typeof value === 'string' ? encodeName(value) : value, Buffer.from('\n')]);
  let length = payload.length + 1;
  while (String(length).length + payload.length > length) length++;
  return Buffer.concat([Buffer.from(String(length)), payload]);
}

/** A time such as `1700000000.25` or `-1.5`: whole seconds rounded down, and nanoseconds. */
export function parsePaxTime(text: string): { seconds: number; nanoseconds: number } {
  const match = /^(-?)([0-9]+)(?:\.([0-9]*))?$/.exec(text);
  const seconds = Number(match?.[2] ?? Number.NaN);
  if (!match || !Number.isSafeInteger(seconds)) throw invalidHeader('PAX time is no number');
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (!match[1]) return { seconds, nanoseconds };
  return nanoseconds === 0 ? { seconds: 0 - seconds, nanoseconds } : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

/** The inverse of parsePaxTime. */
export function formatPaxTime(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds);
  const negative = seconds < 0;
  const whole = negative ? -seconds - 1 : seconds;
  const fraction = String(negative ? 1e9 - nanoseconds : nanoseconds).padStart(9, '0').replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}.${fraction}`;
}

/** A non-negative decimal value. */
export function parsePaxNumber(text: string, key: string): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw invalidHeader(`PAX ${key} is no number`);
  return value;
}

function checkRecord(key: string, value: Buffer): void {
  const textual = key === 'path' || key === 'linkpath' || key === 'uname' || key === 'gname';
  if (key === '' || key.includes('\0')) throw invalidHeader('PAX record with a bad key');
  if (textual && value.includes(0)) throw invalidHeader(`PAX ${key} holds a NUL`);
}
