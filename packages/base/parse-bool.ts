import { InvalidArgument, messageOf } from './errors.ts';
import { quote } from './quote.ts';

const truths: Readonly<Record<string, boolean>> = {
  1: true, t: true, T: true, true: true, TRUE: true, True: true,
  0: false, f: false, F: false, false: false, FALSE: false, False: false,
};

/** Reads what Go's strconv.ParseBool reads; throws InvalidArgument in its words. */
export function parseBool(text: string): boolean {
  const value = Object.hasOwn(truths, text) ? truths[text] : undefined;
  if (value === undefined) throw new InvalidArgument(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
  return value;
}

/** The same, with `context` in front of the complaint. */
export function requireBool(text: string, context: string): boolean {
  try {
    return parseBool(text);
  } catch (cause) {
    throw new InvalidArgument(`${context}: ${messageOf(cause)}`, { cause });
  }
}
