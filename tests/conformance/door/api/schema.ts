/** Holds an answer against the reduced schemas of description.json. */

/** `string`, `@Definition`, `[item]`, `{"*": value}`, or fields by name; `!` behind a name: it must be there. */
export type Schema = string | readonly [Schema] | { readonly [field: string]: Schema };

export interface Description {
  readonly endpoints: readonly { readonly method: string; readonly path: string; readonly status?: number; readonly answer?: Schema }[];
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** What does not fit, by its place; nothing when all does. Null is Go's empty value of any kind. `extra` are fields that no description has. */
export function faultsOf(definitions: Description['definitions'], schema: Schema, value: unknown, extra: ReadonlySet<string>, place = ''): string[] {
  if (value === null || value === undefined || schema === 'any') return [];
  if (typeof schema === 'string' && schema.startsWith('@')) {
    const name = schema.slice(1);
    return faultsOf(definitions, definitions[name] ?? 'any', value, extra, `${place}<${name}>`);
  }
  if (typeof schema === 'string') return fits(schema, value) ? [] : [`${place}: ${JSON.stringify(value)} is no ${schema}`];
  if (isList(schema)) {
    if (!Array.isArray(value)) return [`${place}: ${JSON.stringify(value)} is no list`];
    return value.flatMap((item, index) => faultsOf(definitions, schema[0], item, extra, `${place}[${index}]`));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [`${place}: ${JSON.stringify(value)} is no object`];
  const all = schema['*'];
  if (all !== undefined) return Object.entries(value).flatMap(([key, item]) => faultsOf(definitions, all, item, extra, `${place}.${key}`));
  return [...missing(schema, value, place), ...fieldFaults(definitions, schema, value, extra, place)];
}

function fieldFaults(definitions: Description['definitions'], schema: Readonly<Record<string, Schema>>, value: object, extra: ReadonlySet<string>, place: string): string[] {
  const known = new Map(Object.entries(schema).map(([name, type]) => [name.replace('!', ''), type]));
  return Object.entries(value).flatMap(([name, item]) => {
    const type = known.get(name);
    if (type !== undefined) return faultsOf(definitions, type, item, extra, `${place}.${name}`);
    return extra.has(`${place.replaceAll(/\[\d+\]/g, '')}.${name}`) ? [] : [`${place}.${name}: not in the description`];
  });
}

function missing(schema: Readonly<Record<string, Schema>>, value: object, place: string): string[] {
  return Object.keys(schema).filter((name) => name.endsWith('!') && !(name.slice(0, -1) in value)).map((name) => `${place}.${name.slice(0, -1)}: missing`);
}

function isList(schema: Schema): schema is readonly [Schema] {
  return Array.isArray(schema);
}

function fits(kind: string, value: unknown): boolean {
  if (kind === 'integer') return Number.isInteger(value);
  return typeof value === kind;
}
