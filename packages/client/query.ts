/** What a query parameter may be; false, undefined and empty lists are left out, true is sent as `1`. */
export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** Encodes a query as Go's url.Values does: keys sorted, `+` for a blank, all but unreserved characters escaped. */
export function encodeQuery(query: Readonly<Record<string, QueryValue>>): string {
  const pairs = Object.keys(query).sort().flatMap((key) => valuesOf(query[key]).map((value) => `${escapeQuery(key)}=${escapeQuery(value)}`));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function valuesOf(value: QueryValue): readonly string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return ['1'];
  return typeof value === 'object' ? value : [String(value)];
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** Fills `{id}` and its like; slashes of image names stay. */
export function fillPath(path: string, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURI(values[name] ?? '').replace(/[?#]/g, encodeURIComponent));
}

/** The `filters` parameter: `{"label":{"a=b":true}}`, or undefined where nothing is filtered. */
export function encodeFilters(filters: ReadonlyMap<string, readonly string[]>): string | undefined {
  if (filters.size === 0) return undefined;
  const keys = [...filters.keys()].sort();
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, Object.fromEntries([...(filters.get(key) ?? [])].sort().map((value) => [value, true]))])));
}
