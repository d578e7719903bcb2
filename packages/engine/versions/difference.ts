import type { Engine } from '../context.ts';

// Documents of the API as they are, not as one version types them.
export type Document = Record<string, unknown>;

export type Knowledge = Pick<Engine, 'containers' | 'lives' | 'networks'>;

/** One line of the API's version history that this daemon keeps: what a client of some versions sends or is told otherwise. */
export interface Difference {
  /** `GET /containers/{id}/json`, as in the route tables. */
  readonly route: string;
  /** First version it holds for. */
  readonly from?: string;
  /** First version it holds for no longer. */
  readonly before?: string;
  /** In a sentence. */
  readonly told: string;
  /** Changes the query, a copy. */
  readonly query?: (query: URLSearchParams) => void;
  /** Changes the body as it came, before its shape is checked. Throws InvalidArgument for what that version cannot ask. */
  readonly body?: (body: Document) => void;
  /** Changes the answer, a copy. */
  readonly answer?: (answer: unknown, engine: Knowledge) => void;
  /** Changes fields of the documents of a list that is answered: copies, but what is in their fields is the engine's own. Lists are long. */
  readonly rows?: (rows: readonly Document[], engine: Knowledge) => void;
}

/** The document at `key`; an empty one where there is none. */
export function inside(document: Document, key: string): Document {
  const value = document[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Document) : {};
}

/** The documents of a list; what is none among them is left to the check of its shape. */
export function each(value: unknown): Document[] {
  return Array.isArray(value) ? value.filter((item): item is Document => typeof item === 'object' && item !== null && !Array.isArray(item)) : [];
}

/** Leaves out fields. */
export function omit(document: Document, names: readonly string[]): void {
  for (const name of names) delete document[name];
}

/** Leaves out those of the fields that are empty: '', [], {} and null. */
export function omitEmpty(document: Document, names: readonly string[]): void {
  omit(document, names.filter((name) => isEmpty(document[name])));
}

/** Those of the lists that are empty become null. */
export function nullWhereEmpty(document: Document, names: readonly string[]): void {
  for (const name of names) if (isEmpty(document[name])) document[name] = null;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
