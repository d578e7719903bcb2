import { formatDuration, quote } from '#base';
import type { Healthcheck } from '#spec';

/** A health check as history has always shown it, by Go's `%q` of a pointer to the struct: `&{["CMD" "x"] "5s" "0s" "0s" "0s" '\x03'}`. */
export function quotedHealthcheck(check: Healthcheck): string {
  const times = [check.Interval, check.Timeout, check.StartPeriod, check.StartInterval].map((time) => quote(formatDuration(time ?? 0)));
  return `&{[${(check.Test ?? []).map(quote).join(' ')}] ${times.join(' ')} ${quotedRune(check.Retries ?? 0)}}`;
}

/** Go shows an integer under `%q` as the character it stands for. */
function quotedRune(code: number): string {
  const character = code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code);
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${quote(character).slice(1, -1)}'`;
}
