/**
 * Moments as the API's parameters name them: Unix seconds with up to nine decimals (`since`, `until` of events and
 * logs), and in `until` filters also a duration back from now or an RFC 3339 date. All as nanoseconds since the epoch.
 */
import { InvalidArgument, parseDuration, quote } from '#base';
import { parseInteger } from './integer.ts';

/** `1795304336.5`; undefined for the empty string. Throws as dockerd does (500 with Go's parser error). */
export function parseUnixTime(text: string): bigint | undefined {
  if (text === '') return undefined;
  const [whole = '', rest] = text.split(/\.(.*)/s, 2);
  parseInteger(whole, 'ParseInt');
  if (rest !== undefined) parseInteger(rest, 'ParseInt');
  const [, sign = '', seconds = '', fraction = ''] = /^([+-]?)(\d+)(?:\.[+-]?(\d+))?$/.exec(text) ?? [];
  const nanoseconds = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -nanoseconds : nanoseconds;
}

/** A filter's moment: `10m` (ago), `2026-11-21T23:38`, `1795304336`. `now` in milliseconds. Throws InvalidArgument. */
export function parseMoment(text: string, now: number): bigint {
  const ago = durationOrUndefined(text);
  if (ago !== undefined) return (BigInt(Math.trunc(now)) * 1_000_000n - BigInt(ago)) / 1_000_000_000n * 1_000_000_000n;
  const date = dateOrUndefined(text);
  if (date !== undefined) return date;
  if (/^\d+(\.\d+)?$/.test(text)) return parseUnixTime(text) ?? 0n;
  throw new InvalidArgument(`failed to parse value as time or duration: ${quote(text)}`);
}

function durationOrUndefined(text: string): number | undefined {
  if (text === '0') return undefined;
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

const datePattern = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2}))?(?::(\d{2}))?(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?$/;

/** RFC 3339, minutes, seconds and zone left out at will; without a zone it is local time. */
function dateOrUndefined(text: string): bigint | undefined {
  const found = datePattern.exec(text);
  if (!found) return undefined;
  const [, day, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = found;
  const milliseconds = Date.parse(`${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
