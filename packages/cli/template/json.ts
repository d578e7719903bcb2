/** JSON as Go's encoding/json writes it. */
import { isNil, NilPointer, Struct } from './values.ts';

/** Writes a value: map keys sorted when `sortKeys`, `<`, `>` and `&` as `\u003c` and so on when `escapeHtml`. */
export function goJson(value: unknown, options: { escapeHtml?: boolean; sortKeys?: boolean } = {}): string {
  const text = write(value, options.sortKeys ?? false);
  return options.escapeHtml ? escapeHtml(text) : text;
}

/** `<`, `>`, `&` and the line separators of JavaScript, escaped. */
export function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function write(value: unknown, sortKeys: boolean): string {
  if (value === null || value === undefined || value instanceof NilPointer) return 'null';
  if (typeof value === 'object' && isNil(value)) return 'null';
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Struct) return write(value.json(), sortKeys);
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => write(item, sortKeys)).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record).filter((key) => record[key] !== undefined && typeof record[key] !== 'function');
  return `{${(sortKeys ? keys.sort() : keys).map((key) => `${JSON.stringify(key)}:${write(record[key], sortKeys)}`).join(',')}}`;
}

/** JSON that is written as it is. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Indents JSON text without touching its values, as Go's json.Indent does: `{}` and `[]` stay on one line. */
export function indentJson(json: string, indent = '    '): string {
  let depth = 0;
  let opened = false;
  let out = '';
  const newline = (): string => `\n${indent.repeat(depth)}`;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g)) {
    if (token === '}' || token === ']') {
      depth--;
      out += opened ? token : newline() + token;
      opened = false;
      continue;
    }
    if (opened) out += newline();
    opened = token === '{' || token === '[';
    if (opened) depth++;
    out += token === ',' ? token + newline() : token === ':' ? ': ' : token;
  }
  return out;
}

/** Parses JSON; whole numbers too large for a double become bigint. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    const large = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
    return large && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}
