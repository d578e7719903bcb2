/**
 * The Go types behind the engine's JSON, as far as templates can tell: the fields' Go names and order, and what an
 * absent one is. `{{.ID}}` finds the JSON's `Id`; `{{.State}}` prints `{running true …}`.
 */
import { goMap, nil, NilPointer, Struct } from '../template/index.ts';

/** What a JSON value becomes. */
export type Kind =
  | { readonly kind: 'plain'; readonly zero: unknown }
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

/** Sees a JSON value as Go's type. */
export function typed(kind: Kind, value: unknown): unknown {
  const absent = value === undefined || value === null;
  switch (kind.kind) {
    case 'plain': return absent ? kind.zero : value;
    case 'list': return Array.isArray(value) ? value.map((item) => typed(kind.of, item)) : nil([]);
    case 'map': return absent ? nil(goMap({}, typed(kind.of, undefined))) : goMap(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typed(kind.of, item)])), typed(kind.of, undefined));
    case 'pointer': return absent ? new NilPointer(kind.type) : typed(kind.to, value);
    case 'struct': {
      const record = (absent ? {} : value) as Readonly<Record<string, unknown>>;
      return new Struct(kind.type, new Map(kind.fields.map(([name, json, holds]) => [name, typed(holds, record[json])])), () => record);
    }
  }
}
