/**
 * The Go types behind the engine's JSON, as far as templates can tell: the fields' Go names and order, and what an
 * absent one is. `{{.ID}}` finds the JSON's `Id`; `{{.State}}` prints `{running true …}`.
 */
import { zeroTime, goTimeOf } from '../format/time.ts';
import { Duration, goMap, nil, NilPointer, recordFields, Struct } from '../template/index.ts';

/** What a JSON value becomes. */
export type Kind =
  | { readonly kind: 'plain'; readonly zero: unknown }
  | { readonly kind: 'duration' | 'time' }
  | { readonly kind: 'list' | 'map'; readonly of: Kind }
  | { readonly kind: 'pointer'; readonly type: string; readonly to: Kind }
  | Shape;

export interface Shape {
  readonly kind: 'struct';
  readonly type: string;
  /** Go's name, the JSON's, and what it holds, in Go's order. */
  readonly fields: readonly (readonly [name: string, json: string, holds: Kind])[];
}

export const text: Kind = { kind: 'plain', zero: '' };
export const number: Kind = { kind: 'plain', zero: 0 };
export const flag: Kind = { kind: 'plain', zero: false };
/** Nanoseconds, a Go time.Duration. */
export const duration: Kind = { kind: 'duration' };
/** A Go time.Time. */
export const time: Kind = { kind: 'time' };
/** Shown as JSON has it. */
export const any: Kind = { kind: 'plain', zero: undefined };
/** A Go `struct{}`. */
export const empty: Shape = { kind: 'struct', type: 'struct {}', fields: [] };

export function listOf(of: Kind): Kind {
  return { kind: 'list', of };
}

export function mapOf(of: Kind): Kind {
  return { kind: 'map', of };
}

export function pointer(to: Kind, type = to.kind === 'struct' ? `*${to.type}` : '*int64'): Kind {
  return { kind: 'pointer', type, to };
}

/** A struct; the key is Go's name, followed by `/json` where JSON has another. */
export function struct(type: string, fields: Readonly<Record<string, Kind>>): Shape {
  return {
    kind: 'struct',
    type,
    fields: Object.entries(fields).map(([key, holds]) => {
      const [name = '', json = name] = key.split('/');
      return [name, json, holds];
    }),
  };
}

/** A moment in RFC 3339. */
function timeOf(moment: string): Struct {
  const text = goTimeOf(moment);
  return new Struct('time.Time', recordFields({ String: () => text, Unix: () => Math.floor(Date.parse(moment) / 1000), IsZero: () => moment === zeroTime }), () => moment, text);
}

/** Sees a JSON value as Go's type. */
export function typed(kind: Kind, value: unknown): unknown {
  const absent = value === undefined || value === null;
  switch (kind.kind) {
    case 'plain': return absent ? kind.zero : value;
    case 'duration': return new Duration(Number(value ?? 0));
    case 'time': return timeOf(absent ? zeroTime : String(value));
    case 'list': return Array.isArray(value) ? value.map((item) => typed(kind.of, item)) : nil([]);
    case 'map': return absent ? nil(goMap({}, typed(kind.of, undefined))) : goMap(Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, typed(kind.of, item)])), typed(kind.of, undefined));
    case 'pointer': return absent ? new NilPointer(kind.type) : typed(kind.to, value);
    case 'struct': {
      const record = (absent ? {} : value) as Readonly<Record<string, unknown>>;
      return new Struct(kind.type, new Map(kind.fields.map(([name, json, holds]) => [name, typed(holds, record[json])])), () => inOrder(kind, record));
    }
  }
}

/** The JSON value with its keys as Go writes them: a struct's in the order of its fields, a map's sorted. */
function inOrder(kind: Kind, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  switch (kind.kind) {
    case 'plain': case 'duration': case 'time': return value;
    case 'pointer': return inOrder(kind.to, value);
    case 'list': return Array.isArray(value) ? value.map((item) => inOrder(kind.of, item)) : value;
    case 'map': return Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, inOrder(kind.of, item)]));
    case 'struct': {
      const holds = new Map(kind.fields.map(([, json, held]) => [json, held]));
      const entries = Object.entries(value);
      const known = [...holds.keys()].flatMap((json) => entries.filter(([key]) => key === json));
      return Object.fromEntries([...known, ...entries.filter(([key]) => !holds.has(key))].map(([key, item]) => [key, inOrder(holds.get(key) ?? any, item)]));
    }
  }
}

function sortedEntries(record: object): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
