/**
 * The `filters` query parameter: `{"label": {"a=b": true}}`, or in the form of clients older than 1.22
 * `{"label": ["a=b"]}`. And the matching rules that lists and prunes share.
 */
import { InvalidArgument } from '#base';
import { goPattern } from './go-pattern.ts';

export type Filters = ReadonlyMap<string, readonly string[]>;

/** Throws InvalidArgument for what is not a filter document, and for names outside `accepted`, where there is such a list. */
export function parseFilters(text: string, accepted?: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  if (text === '') return filters;
  const document = Object.entries(parseDocument(text));
  const form = document.every(([, values]) => values === null || Array.isArray(values)) ? namesInList : namesInMap;
  for (const [name, values] of document) filters.set(name, values === null ? [] : form(values));
  const unknown = accepted && [...filters.keys()].find((name) => !accepted.includes(name));
  if (unknown !== undefined) throw new InvalidArgument(unknown === '' ? 'invalid filter' : `invalid filter '${unknown}'`);
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

/**
 * Docker's name filter: the text itself, or a regular expression found anywhere in it. True when nothing is asked. Made
 * once for a list of any length, since expressions take longer to compile than to match.
 */
export function patternFilter(wanted: readonly string[] = []): (text: string) => boolean {
  if (wanted.length === 0) return () => true;
  const patterns = wanted.flatMap((pattern) => goPattern(pattern) ?? []);
  return (text) => wanted.includes(text) || patterns.some((pattern) => pattern.test(text));
}

/** A boolean filter such as `dangling=true`; undefined when it is not asked. Throws InvalidArgument for anything else. */
export function booleanFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name);
  if (!values) return undefined;
  if (values.length === 0) throw new InvalidArgument(`invalid filter '${name}'`);
  const yes = values.includes('1') || values.includes('true');
  const no = values.includes('0') || values.includes('false');
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

/** A null among names is an empty one, to Go's decoder. */
function namesInList(values: unknown): readonly string[] {
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string' || value === null)) throw new InvalidArgument('invalid filter');
  return [...new Set(values.map((value: string | null) => value ?? ''))];
}

function namesInMap(values: unknown): readonly string[] {
  const chosen = typeof values === 'object' && values !== null && !Array.isArray(values) ? Object.entries(values) : undefined;
  if (!chosen?.every(([, value]) => typeof value === 'boolean' || value === null)) throw new InvalidArgument('invalid filter');
  return chosen.map(([name]) => name); // what is said of each is not looked at
}
