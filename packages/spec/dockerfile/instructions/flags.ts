import { InvalidArgument } from '#base';
import { withSuggestion } from '../suggest.ts';

/** Which flags an instruction takes: `many` may be repeated. */
export type FlagTypes = Readonly<Record<string, 'text' | 'boolean' | 'many'>>;

export interface Flag {
  readonly name: string;
  /** "true" or "false" for a boolean. */
  readonly value: string;
}

/** Reads `--name=value` words. Throws InvalidArgument in Docker's words for one that is unknown, repeated or without its value. */
export function readFlags(words: readonly string[], types: FlagTypes): Flag[] {
  const flags: Flag[] = [];
  for (const word of words) {
    const [, name = '', value] = /^--([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) throw new InvalidArgument(withSuggestion(`unknown flag: ${name}`, name, Object.keys(types), true));
    if (type !== 'many' && flags.some((flag) => flag.name === name)) throw new InvalidArgument(`duplicate flag specified: ${name}`);
    flags.push({ name, value: type === 'boolean' ? booleanOf(name, value) : given(name, value) });
  }
  return flags;
}

function given(name: string, value: string | undefined): string {
  if (value === undefined) throw new InvalidArgument(`missing a value on flag: ${name}`);
  return value;
}

function booleanOf(name: string, value: string | undefined): string {
  if (value === undefined) return 'true';
  if (value === '') throw new InvalidArgument(`missing a value on flag: ${name}`);
  const lower = value.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower;
  throw new InvalidArgument(`expecting boolean value for flag ${name}, not: ${value}`);
}

/** The value of `name`, or `otherwise`. */
export function flagOf(flags: readonly Flag[], name: string, otherwise = ''): string {
  return flags.find((flag) => flag.name === name)?.value ?? otherwise;
}
