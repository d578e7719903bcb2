import { InvalidArgument } from './errors.ts';
import { quote } from './quote.ts';

const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  'µs': 1e3,
  'μs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Reads a duration as Go's time.ParseDuration does ("1h30m", "1.5s", "-2ms", "0") and gives nanoseconds.
 * Throws InvalidArgument in Go's words, which is what Docker's users see.
 */
export function parseDuration(text: string): number {
  const negative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') throw new InvalidArgument(`time: invalid duration ${quote(text)}`);
  const total = sum(body, text);
  return negative ? -total : total;
}

function sum(body: string, whole: string): number {
  let total = 0;
  let rest = body;
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest);
    const [all = '', integer = '', fraction = '', unit = ''] = match ?? [];
    if (integer === '' && fraction === '') throw new InvalidArgument(`time: invalid duration ${quote(whole)}`);
    if (unit === '') throw new InvalidArgument(`time: missing unit in duration ${quote(whole)}`);
    const scale = nanoseconds[unit];
    if (scale === undefined) throw new InvalidArgument(`time: unknown unit ${quote(unit)} in duration ${quote(whole)}`);
    total += Number(`${integer || 0}.${fraction || 0}`) * scale;
    rest = rest.slice(all.length);
  }
  return Math.trunc(total);
}

/** Writes nanoseconds as Go's Duration.String does: "1h30m0s", "1.5s", "100ms", "0s". */
export function formatDuration(duration: number): string {
  const sign = duration < 0 ? '-' : '';
  const value = Math.abs(duration);
  if (value === 0) return '0s';
  if (value < 1e3) return `${sign}${value}ns`;
  if (value < 1e6) return `${sign}${decimal(value, 1e3)}µs`;
  if (value < 1e9) return `${sign}${decimal(value, 1e6)}ms`;
  const seconds = `${decimal(value % 60e9, 1e9)}s`;
  const minutes = Math.floor(value / 60e9);
  if (minutes === 0) return sign + seconds;
  return minutes < 60 ? `${sign}${minutes}m${seconds}` : `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** `value / unit` with all its decimals and none of the zeros behind them; `unit` is a power of ten. */
function decimal(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const rest = String(value % unit).padStart(String(unit).length - 1, '0').replace(/0+$/, '');
  return rest === '' ? String(whole) : `${whole}.${rest}`;
}
