/** How Go's fmt package writes values: `%v`, and Printf's verbs. */
import { quote } from '#base';
import { Duration, isMap, NilPointer, Struct, typeName } from './values.ts';

/** A value as an action prints it (`%v`); nothing at all is `<no value>`. */
export function printed(value: unknown): string {
  return value === null || value === undefined ? '<no value>' : format(value);
}

/** `%v`. */
export function format(value: unknown): string {
  if (value === null || value === undefined || value instanceof NilPointer) return '<nil>';
  if (value instanceof Struct) return value.text ?? `{${[...value.fields.values()].filter((field) => typeof field !== 'function').map(format).join(' ')}}`;
  if (Array.isArray(value)) return `[${value.map(format).join(' ')}]`;
  if (isMap(value)) return `map[${Object.keys(value).sort().map((key) => `${key}:${format(value[key])}`).join(' ')}]`;
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

/** Numbers as `%v` has them: integers plainly, others in Go's shortest `%g` (exponent from 1e21 and below 1e-4). */
function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Sprint: values one after another, with a blank between two that are both no strings. */
export function sprint(values: readonly unknown[]): string {
  return values.map((value, index) => {
    const apart = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
    return (apart ? ' ' : '') + format(value);
  }).join('');
}

/** Sprintln: blanks between all, a newline at the end. */
export function sprintln(values: readonly unknown[]): string {
  return `${values.map(format).join(' ')}\n`;
}

/** Sprintf, for the verbs that templates meet: v s q d x X o b c U t f e g T %, with flags, width and precision. */
export function sprintf(pattern: string, values: readonly unknown[]): string {
  let index = 0;
  const take = (): unknown => values[index++];
  const text = pattern.replace(/%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])?/g, (all, flags: string, width: string | undefined, precision: string | undefined, verb: string | undefined) => {
    if (verb === undefined) return '%!(NOVERB)';
    if (verb === '%') return '%';
    const wide = width === '*' ? Number(take()) : Number(width ?? 0);
    const precise = all.includes('.') ? (precision === '*' ? Number(take()) : Number(precision ?? 0)) : undefined;
    if (index >= values.length) return `%!${verb}(MISSING)`;
    return padded(formatVerb(verb, take(), flags, precise), wide, flags);
  });
  if (index >= values.length) return text;
  return `${text}%!(EXTRA ${values.slice(index).map((value) => `${typeName(value)}=${format(value)}`).join(', ')})`;
}

function padded(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (flags.includes('0') && /^[+-]?[\d.]/.test(text)) {
    const sign = /^[+-]?/.exec(text)?.[0] ?? '';
    return sign + text.slice(sign.length).padStart(width - sign.length, '0');
  }
  return text.padStart(width);
}

function formatVerb(verb: string, given: unknown, flags: string, precision: number | undefined): string {
  const value = given instanceof Duration && verb !== 's' && verb !== 'v' && verb !== 'T' ? given.nanoseconds : given;
  if (verb === 'v') return typeof value === 'string' ? value.slice(0, precision) : format(value);
  if (verb === 'T') return typeName(value);
  if (typeof value === 'string') return formatString(verb, value, precision);
  if (typeof value === 'number' || typeof value === 'bigint') return formatNumeric(verb, value, flags, precision);
  if (typeof value === 'boolean' && verb === 't') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => formatVerb(verb, item, flags, precision)).join(' ')}]`;
  if (verb === 's' && (isMap(value) || value instanceof Struct)) return format(value);
  return `%!${verb}(${value === null || value === undefined ? '<nil>' : `${typeName(value)}=${format(value)}`})`;
}

function formatString(verb: string, value: string, precision: number | undefined): string {
  switch (verb) {
    case 's': return precision === undefined ? value : Array.from(value).slice(0, precision).join('');
    case 'q': return quote(value);
    case 'x': return Buffer.from(value).toString('hex');
    case 'X': return Buffer.from(value).toString('hex').toUpperCase();
    default: return `%!${verb}(string=${value})`;
  }
}

function formatNumeric(verb: string, value: number | bigint, flags: string, precision: number | undefined): string {
  const plus = flags.includes('+') && value >= 0 ? '+' : flags.includes(' ') && value >= 0 ? ' ' : '';
  const number = Number(value);
  const whole = typeof value === 'bigint' || Number.isInteger(value);
  if (whole) {
    const based = { d: 10, x: 16, X: 16, o: 8, b: 2 }[verb];
    if (based !== undefined) {
      const digits = value.toString(based).padStart(precision ?? 0, '0');
      return plus + (flags.includes('#') && based === 16 ? '0x' : '') + (verb === 'X' ? digits.toUpperCase() : digits);
    }
    if (verb === 'c') return String.fromCodePoint(number);
    if (verb === 'q') return `'${quote(String.fromCodePoint(number)).slice(1, -1).replaceAll('\\"', '"').replace(/^'$/, "\\'")}'`;
    if (verb === 'U') return `U+${number.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  switch (verb) {
    case 'f': case 'F': return plus + number.toFixed(precision ?? 6);
    case 'e': case 'E': return plus + number.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'g': case 'G': return plus + (precision === undefined ? formatNumber(number) : String(Number(number.toPrecision(precision))));
    default: return `%!${verb}(${typeName(value)}=${format(value)})`;
  }
}
