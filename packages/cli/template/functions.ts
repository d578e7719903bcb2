/** The functions a template may call: Go's built-in ones and Docker's. `and` and `or` are the executor's, since they stop early. */
import { InvalidArgument } from '#base';
import { goJson } from './json.ts';
import { format, sprint, sprintf, sprintln } from './print.ts';
import { Duration, isMap, isTrue, mapElement, NilPointer, typeName } from './values.ts';

/** What a parameter takes. */
export type Parameter = 'any' | 'string' | 'int' | '[]string';

export interface TemplateFunction {
  readonly takes: readonly Parameter[];
  /** What any further words are; undefined where there may be none. */
  readonly rest?: Parameter;
  call(...values: readonly unknown[]): unknown;
}

const define = (takes: readonly Parameter[], call: (...values: never[]) => unknown, rest?: Parameter): TemplateFunction => ({ takes, call: call as TemplateFunction['call'], ...(rest ? { rest } : {}) });

/** Functions by name; `and`, `or` and `call`, which the executor does itself, are among them for the parser. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  and: define(['any'], () => undefined, 'any'),
  or: define(['any'], () => undefined, 'any'),
  not: define(['any'], (value: unknown) => !isTrue(value)),
  len: define(['any'], length),
  index: define(['any'], (value: unknown, ...keys: unknown[]) => keys.reduce(elementOf, value), 'any'),
  slice: define(['any'], slice, 'any'),
  print: define([], (...values: unknown[]) => sprint(values), 'any'),
  printf: define(['string'], (pattern: string, ...values: unknown[]) => sprintf(pattern, values), 'any'),
  println: define([], (...values: unknown[]) => sprintln(values), 'any'),
  html: define([], (...values: unknown[]) => escapeText(values, htmlEscapes), 'any'),
  js: define([], (...values: unknown[]) => escapeText(values, jsEscapes), 'any'),
  urlquery: define([], (...values: unknown[]) => encodeURIComponent(textOf(values)).replaceAll('%20', '+'), 'any'),
  call: define(['any'], () => undefined, 'any'),
  eq: define(['any'], (first: unknown, ...others: unknown[]) => (others.length === 0 ? fail('missing argument for comparison') : others.some((other) => compare(first, other, 'eq') === 0)), 'any'),
  ne: define(['any', 'any'], (a: unknown, b: unknown) => compare(a, b, 'eq') !== 0),
  lt: define(['any', 'any'], (a: unknown, b: unknown) => compare(a, b, 'lt') < 0),
  le: define(['any', 'any'], (a: unknown, b: unknown) => compare(a, b, 'lt') <= 0),
  gt: define(['any', 'any'], (a: unknown, b: unknown) => compare(a, b, 'lt') > 0),
  ge: define(['any', 'any'], (a: unknown, b: unknown) => compare(a, b, 'lt') >= 0),

  json: define(['any'], (value: unknown) => goJson(value)),
  split: define(['string', 'string'], (text: string, separator: string) => text.split(separator)),
  join: define(['[]string', 'string'], (list: unknown[], separator: string) => list.map(format).join(separator)),
  title: define(['string'], (text: string) => text.replace(/(^|[^\p{L}\p{N}_])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())),
  lower: define(['string'], (text: string) => text.toLowerCase()),
  upper: define(['string'], (text: string) => text.toUpperCase()),
  pad: define(['string', 'int', 'int'], (text: string, before: number, after: number) => (text === '' ? '' : ' '.repeat(before) + text + ' '.repeat(after))),
  truncate: define(['string', 'int'], (text: string, size: number) => Buffer.from(text).subarray(0, size).toString()),
};

const asItIs = (value: string): string => value;

/** In the header row a column's name goes through Docker's functions untouched. */
export const headerFunctions: Readonly<Record<string, TemplateFunction>> = {
  ...functions,
  json: define(['string'], asItIs),
  split: define(['string', 'string'], asItIs),
  join: define(['string', 'string'], asItIs),
  title: define(['string'], asItIs),
  lower: define(['string'], asItIs),
  upper: define(['string'], asItIs),
  truncate: define(['string', 'int'], asItIs),
};

function fail(message: string): never {
  throw new InvalidArgument(message);
}

function length(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  if (value === null || value === undefined) fail('len of nil pointer');
  return fail(`len of type ${typeName(value)}`);
}

function elementOf(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined) fail('index of untyped nil');
  if (value instanceof NilPointer) fail('index of nil pointer');
  if (isMap(value)) {
    if (typeof key !== 'string') fail(`value has type ${typeName(key)}; should be string`);
    return mapElement(value, key);
  }
  if (!Array.isArray(value) && typeof value !== 'string') fail(`can't index item of type ${typeName(value)}`);
  if (typeof key !== 'number') fail(`cannot index slice/array with type ${typeName(key)}`);
  const items = typeof value === 'string' ? [...Buffer.from(value)] : (value as unknown[]);
  if (key === items.length) fail(`reflect: ${typeof value === 'string' ? 'string' : 'slice'} index out of range`); // Go's own check lets it pass, its slice does not
  if (key < 0 || key > items.length) fail(`index out of range: ${key}`);
  return items[key];
}

function slice(value: unknown, ...bounds: unknown[]): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) fail(`can't slice item of type ${typeName(value)}`);
  const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  const [from = 0, to = size] = bounds.map(Number);
  for (const bound of [from, to]) if (bound < 0 || bound > size) fail(`index out of range: ${bound}`);
  if (from > to) fail(`invalid slice index: ${from} > ${to}`);
  return typeof value === 'string' ? Buffer.from(value).subarray(from, to).toString() : value.slice(from, to);
}

/** Below 0, 0 or above 0. Equality takes any basic kinds; order only numbers and text. */
function compare(first: unknown, second: unknown, by: 'eq' | 'lt'): number {
  const [a, b] = [first, second].map((value) => (value instanceof Duration ? value.nanoseconds : value));
  const numeric = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';
  if (numeric(a) && numeric(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  const [absentA, absentB] = [a, b].map((value) => value === null || value === undefined);
  if (by === 'eq' && (absentA || absentB)) return absentA && absentB ? 0 : 1;
  if (typeof a === 'object' || typeof b === 'object') fail(by === 'eq' ? 'non-comparable type' : 'invalid type for comparison');
  if (typeof a !== typeof b) fail('incompatible types for comparison');
  if (by === 'lt') fail('invalid type for comparison');
  return a === b ? 0 : 1;
}

const htmlEscapes: Readonly<Record<string, string>> = { '"': '&#34;', "'": '&#39;', '&': '&amp;', '<': '&lt;', '>': '&gt;', '\0': '\uFFFD' };
const jsEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\', "'": "\\'", '"': '\\"', '<': '\\u003C', '>': '\\u003E', '&': '\\u0026', '=': '\\u003D', '\n': '\\u000A', '\t': '\\u0009', '\r': '\\u000D',
};

function escapeText(values: readonly unknown[], escapes: Readonly<Record<string, string>>): string {
  return Array.from(textOf(values), (character) => escapes[character] ?? character).join('');
}

function textOf(values: readonly unknown[]): string {
  return values.length === 1 && typeof values[0] === 'string' ? values[0] : sprint(values);
}

