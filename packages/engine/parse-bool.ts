/** Booleans as Go reads them, for parameters that take no other word. */
import { InvalidArgument, quote } from '#base';

const yes = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const no = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** strconv.ParseBool; undefined for what it refuses. */
export function parseBool(text: string): boolean | undefined {
  return yes.has(text) ? true : no.has(text) ? false : undefined;
}

/** Throws InvalidArgument with `context` in front of Go's complaint. */
export function requireBool(text: string, context: string): boolean {
  const value = parseBool(text);
  if (value === undefined) throw new InvalidArgument(`${context}: strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
  return value;
}
