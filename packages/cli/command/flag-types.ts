/** Constructors for flags of every type that Docker's commands share. Types of one command's own are beside it. */
import { InvalidArgument, parseBool, parseDuration, quote } from '#base';
import type { Flag, FlagOptions } from './flag.ts';
import { parseInteger } from './parse-number.ts';

/** Builds a flag: the type's part and the common options. */
export function flag<T>(
  type: { name: string; initial: T; shown?: string; implied?: string; parse: (text: string, earlier: T) => T },
  description: string,
  options: FlagOptions<T> = {},
): Flag<T> {
  const { short, initial, ...restrictions } = options;
  return { type: type.name, description, short, initial: initial ?? type.initial, shown: type.shown ?? '', implied: type.implied, parse: type.parse, restrictions };
}

/** A switch. */
export function bool(description: string, options: FlagOptions<boolean> = {}): Flag<boolean> {
  return flag({ name: '', initial: false, shown: options.initial ? 'true' : '', implied: 'true', parse: parseBool }, description, options);
}

/** Text; the last one given holds. */
export function string(description: string, options: FlagOptions<string> = {}): Flag<string> {
  return flag({ name: 'string', initial: '', shown: options.initial ? quote(options.initial) : '', parse: (text) => text }, description, options);
}

/** A whole number. */
export function int(description: string, options: FlagOptions<number> = {}): Flag<number> {
  return flag({ name: 'int', initial: 0, shown: options.initial ? String(options.initial) : '', parse: (text) => parseInteger(text, 'ParseInt', 64) }, description, options);
}

/** A whole number from 0; `bits` wide. */
export function uint(description: string, options: FlagOptions<number> & { bits?: 16 | 64 } = {}): Flag<number> {
  const { bits = 64, ...common } = options;
  return flag({ name: bits === 16 ? 'uint16' : 'uint', initial: 0, parse: (text) => parseInteger(text, 'ParseUint', bits) }, description, common);
}

/** Given several times, each a value. `check` may change or refuse one. */
export function list(description: string, options: FlagOptions<string[]> & { check?: (value: string) => string } = {}): Flag<string[]> {
  const { check = (value: string) => value, ...common } = options;
  return flag({ name: 'list', initial: [], parse: (text, earlier) => [...earlier, check(text)] }, description, common);
}

/** As `list`, shown under another word. */
export function stringArray(description: string, options: FlagOptions<string[]> = {}): Flag<string[]> {
  return flag({ name: 'stringArray', initial: [], parse: (text, earlier) => [...earlier, text] }, description, options);
}

/** Values separated by commas (quoted as in CSV), given once or several times. */
export function strings(description: string, options: FlagOptions<string[]> = {}): Flag<string[]> {
  return flag({ name: 'strings', initial: [], parse: (text, earlier) => [...earlier, ...(text === '' ? [] : parseCsvLine(text))] }, description, options);
}

/** `KEY=VALUE`, given several times; a key given again has the last value. */
export function map(description: string, options: FlagOptions<Record<string, string>> & { check?: (value: string) => string } = {}): Flag<Record<string, string>> {
  const { check = (value: string) => value, ...common } = options;
  const parse = (text: string, earlier: Record<string, string>): Record<string, string> => {
    const checked = check(text);
    const at = checked.indexOf('=');
    return { ...earlier, ...(at < 0 ? { [checked]: '' } : { [checked.slice(0, at)]: checked.slice(at + 1) }) };
  };
  return flag({ name: 'map', initial: {}, shown: 'map[]', parse }, description, common);
}

/** `NAME=VALUE` conditions, collected by name. */
export function filter(description: string, options: FlagOptions<ReadonlyMap<string, readonly string[]>> = {}): Flag<ReadonlyMap<string, readonly string[]>> {
  const parse = (text: string, earlier: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> => {
    if (text === '') return earlier;
    const at = text.indexOf('=');
    if (at < 0) throw new InvalidArgument('bad format of filter (expected name=value)');
    const name = text.slice(0, at).trim().toLowerCase();
    const values = earlier.get(name) ?? [];
    const value = text.slice(at + 1).trim();
    return new Map(earlier).set(name, values.includes(value) ? values : [...values, value]);
  };
  return flag({ name: 'filter', initial: new Map<string, readonly string[]>(), parse }, description, options);
}

/** A duration such as `1m30s`, in nanoseconds. */
export function duration(description: string, options: FlagOptions<number> = {}): Flag<number> {
  return flag({ name: 'duration', initial: 0, parse: (text) => parseDuration(text) }, description, options);
}

/** `KEY=VALUE` pairs separated by commas; a comma beside a single pair belongs to its value. */
export function stringToString(description: string, options: FlagOptions<Record<string, string>> = {}): Flag<Record<string, string>> {
  const parse = (text: string, earlier: Record<string, string>): Record<string, string> => {
    const count = text.split('=').length - 1;
    if (count === 0) throw new InvalidArgument(`${text} must be formatted as key=value`);
    const pairs = (count === 1 ? [text.replace(/^"+|"+$/g, '')] : parseCsvLine(text)).map((pair): [string, string] => {
      const at = pair.indexOf('=');
      if (at < 0) throw new InvalidArgument(`${pair} must be formatted as key=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
    return { ...earlier, ...Object.fromEntries(pairs) };
  };
  return flag({ name: 'stringToString', initial: {}, shown: '[]', parse }, description, options);
}

/** One CSV record, quotes as in RFC 4180; throws InvalidArgument in the words of Go's encoding/csv. */
export function parseCsvLine(text: string): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = text[at] === '"';
    const match = quoted ? /"((?:[^"]|"")*)"(?=,|$)/y : /[^,"]*(?=,|$)/y;
    match.lastIndex = at;
    const found = match.exec(text);
    if (!found) throw new InvalidArgument(csvComplaint(text, at, quoted));
    fields.push(quoted ? (found[1] ?? '').replaceAll('""', '"') : found[0]);
    at = match.lastIndex + 1;
    if (at > text.length) return fields;
  }
}

function csvComplaint(text: string, start: number, quoted: boolean): string {
  if (quoted) return `parse error on line 1, column ${text.length + 1}: extraneous or missing " in quoted-field`;
  return `parse error on line 1, column ${text.indexOf('"', start) + 1}: bare " in non-quoted-field`;
}
