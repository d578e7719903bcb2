/**
 * The values that templates see. JSON's own stand for themselves, a plain object being a Go map; Go's other kinds are
 * the classes below.
 */

import { formatDuration } from '#base';

/** A struct's fields, in order; a Map is one. */
export interface Fields {
  has(name: string): boolean;
  get(name: string): unknown;
  values(): Iterable<unknown>;
}

/** A Go struct, some of whose fields may be methods. Prints as `{a b}`. */
export class Struct {
  /** As errors name it: `*formatter.ContainerContext`. */
  readonly type: string;
  readonly fields: Fields;
  /** What `json` writes. */
  readonly json: () => unknown;
  /** How it prints, where its type says so itself (Go's String method). */
  readonly text: string | undefined;

  constructor(type: string, fields: Fields, json: () => unknown, text?: string) {
    this.type = type;
    this.fields = fields;
    this.json = json;
    this.text = text;
  }
}

/** A Go time.Duration: a whole number of nanoseconds that prints as `1m30s`. */
export class Duration extends Struct {
  readonly nanoseconds: number;

  constructor(nanoseconds: number) {
    const of = (unit: number): Method => () => nanoseconds / unit;
    const text = formatDuration(nanoseconds);
    super('time.Duration', recordFields({ Seconds: of(1e9), Minutes: of(60e9), Hours: of(3600e9), Milliseconds: () => Math.trunc(nanoseconds / 1e6), String: () => text }), () => nanoseconds, text);
    this.nanoseconds = nanoseconds;
  }
}

/** The fields of a record whose getters run when they are asked for. */
export function recordFields(record: Readonly<Record<string, unknown>>): Fields {
  return { has: (name) => Object.hasOwn(record, name), get: (name) => record[name], values: () => Object.values(record) };
}

/** A method of a struct: called with the words that follow it in the template. */
export type Method = (...words: unknown[]) => unknown;

/** A nil pointer of a known type: prints `<nil>`. */
export class NilPointer {
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }
}

const zeroOfMap = Symbol('zero');

/** A Go map whose values have a type of their own: `index` gives that type's zero value for a key that it does not have. */
export function goMap(entries: Readonly<Record<string, unknown>>, zero: unknown): Readonly<Record<string, unknown>> {
  return Object.defineProperty({ ...entries }, zeroOfMap, { value: zero });
}

const isNothing = Symbol('nil');

/** Marks an empty list or map as Go's nil: it has no elements as any empty one, and is `null` in JSON. */
export function nil<T extends object>(empty: T): T {
  return Object.defineProperty(empty, isNothing, { value: true });
}

export function isNil(value: object): boolean {
  return (value as { readonly [isNothing]?: boolean })[isNothing] === true;
}

/** What `index` finds under a key. */
export function mapElement(map: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : (map as { readonly [zeroOfMap]?: unknown })[zeroOfMap];
}

/** Go's name for a value's type, for error messages. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (value instanceof Struct || value instanceof NilPointer) return value.type;
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'string': return 'string';
    case 'boolean': return 'bool';
    case 'bigint': return 'int';
    case 'number': return Number.isInteger(value) ? 'int' : 'float64';
    case 'function': return 'func';
    default: return 'map[string]interface {}';
  }
}

/** True for a Go map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Struct) && !(value instanceof NilPointer);
}

/** What `if` and its like take for true: anything but zero, "", nil and what has no elements. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value instanceof NilPointer) return false;
  if (value instanceof Duration) return value.nanoseconds !== 0;
  if (Array.isArray(value) || typeof value === 'string') return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) !== 0 : value !== false;
}
