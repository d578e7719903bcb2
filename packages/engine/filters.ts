/**
 * The `filters` query parameter: `{"label": {"a=b": true}}`, or in the form of clients older than 1.22
 * `{"label": ["a=b"]}`. And the matching rules that lists and prunes share.
 */
import { InvalidArgument } from '#base';

export type Filters = ReadonlyMap<string, readonly string[]>;

/** Throws InvalidArgument for what is not a filter document, and for names outside `accepted`, where there is such a list. */
export function parseFilters(text: string, accepted?: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  if (text === '') return filters;
  for (const [name, values] of Object.entries(parseDocument(text))) {
    if (accepted && !accepted.includes(name)) throw new InvalidArgument(`invalid filter '${name}'`);
    filters.set(name, valuesOf(values));
  }
  return filters;
}

/** Docker's label filter: `key` or `key=value`, all of them must hold. */
export function matchesLabels(wanted: readonly string[] | undefined, labels: Readonly<Record<string, string>>): boolean {
  return (wanted ?? []).every((filter) => {
    const equals = filter.indexOf('=');
    if (equals < 0) return Object.hasOwn(labels, filter);
    const key = filter.slice(0, equals);
    return Object.hasOwn(labels, key) && labels[key] === filter.slice(equals + 1);
  });
}

/** Docker's name filter: a regular expression found anywhere; what does not compile is compared as text. True when nothing is asked. */
export function matchesPattern(wanted: readonly string[] | undefined, text: string): boolean {
  if (!wanted || wanted.length === 0) return true;
  return wanted.some((pattern) => {
    try {
      return new RegExp(pattern).test(text);
    } catch {
      return text.includes(pattern);
    }
  });
}

/** A boolean filter such as `dangling=true`; undefined when it is not asked. Throws InvalidArgument for anything else. */
export function booleanFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name);
  if (!values || values.length === 0) return undefined;
  const words = values.map((value) => value.toLowerCase());
  const yes = words.some((word) => word === '1' || word === 'true');
  const no = words.some((word) => word === '0' || word === 'false');
  if (yes === no) throw new InvalidArgument(`invalid filter '${name}=[${values.join(' ')}]'`);
  return yes;
}

function parseDocument(text: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (document === null) return {};
    if (typeof document === 'object' && !Array.isArray(document)) return document as Record<string, unknown>;
  } catch {
    throw new InvalidArgument('invalid filter');
  }
  throw new InvalidArgument('invalid filter');
}

function valuesOf(values: unknown): readonly string[] {
  if (values === null) return [];
  if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return values;
  if (typeof values !== 'object' || Array.isArray(values) || !Object.values(values).every((chosen) => typeof chosen === 'boolean')) throw new InvalidArgument('invalid filter');
  return Object.keys(values); // what is said of each is not looked at, as by dockerd
}
