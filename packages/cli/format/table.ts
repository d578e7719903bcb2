/**
 * Lists: `--format` as a table, a template of one's own, JSON or `raw`, over rows of named fields.
 *
 *     writeList({ columns: { ID: 'CONTAINER ID', … }, table: 'table {{.ID}}\t{{.Image}}' }, rows, format)
 */
import { InvalidArgument, messageOf } from '#base';
import { escapeHtml, execute, goJson, headerFunctions, parseTemplate, RawJson, recordFields, Struct } from '../template/index.ts';
import { tabulate } from './tabwriter.ts';

/** How one kind of list is shown. */
export interface ListFormat {
  /** Go's name of a row's type, for error messages: `*formatter.ContainerContext`. */
  readonly type: string;
  /** Every placeholder and its column's heading. */
  readonly headings: Readonly<Record<string, string>>;
  /** The template of `table`, with its `table ` in front. */
  readonly table: string;
  /** The template of `raw`. */
  readonly raw?: string;
  /** What a row is as JSON, where that differs from what is shown. */
  readonly asJson?: (row: Row) => Row;
}

/** A row: a value, or a function of the template's words, for each placeholder; computed only when asked for. */
export type Row = Readonly<Record<string, unknown>>;

/** The list's text. `source` is the `--format` given, or the configured one, or "table". Throws InvalidArgument. */
export function formatList(format: ListFormat, rows: readonly Row[], source: string): string {
  const plain = resolve(format, source);
  const isTable = plain.startsWith('table');
  const body = (isTable ? plain.slice('table'.length) : plain).replace(/^ +| +$/g, '').replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  const template = attempt('template parsing error', () => parseTemplate(body));
  const lines = rows.map((row) => attempt('template parsing error', () => execute(template, structOf(format, row))));
  if (!isTable) return lines.map((line) => `${line}\n`).join('');
  const head = execute(template, { ...format.headings, Label: labelHeading }, { functions: headerFunctions, untilFailure: true }); // docker looks at no failure here
  return tabulate([head, ...lines, ''].join('\n'), { minWidth: 10, padding: 3 });
}

/** Runs a template over a row before any list is there: throws what is wrong with it. */
export function probeFormat(format: ListFormat, row: Row, source: string): void {
  const template = attempt('failed to parse template', () => parseTemplate(source));
  attempt('failed to execute template', () => execute(template, structOf(format, row)));
}

function resolve(format: ListFormat, source: string): string {
  if (source === 'table') return format.table;
  if (source === 'json') return '{{json .}}';
  return source === 'raw' && format.raw !== undefined ? format.raw : source;
}

/** The heading of a label's column: the last part of its name. */
function labelHeading(name: string): string {
  return (name.split('.').pop() ?? '').replace(/[-_]/g, ' ');
}

function attempt<T>(failure: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new InvalidArgument(`${failure}: ${messageOf(error)}`, { cause: error });
  }
}

/** A row as an object, its keys in order, its methods left out. */
export function rowJson(row: Row): RawJson {
  const keys = Object.keys(row).filter((key) => typeof row[key] !== 'function').sort();
  return new RawJson(escapeHtml(goJson(Object.fromEntries(keys.map((key) => [key, row[key]])))));
}

/** A row's getters run only for the fields that the template names. */
export function structOf(format: ListFormat, row: Row): Struct {
  return new Struct(format.type, recordFields(row), () => rowJson(format.asJson ? format.asJson(row) : row));
}
