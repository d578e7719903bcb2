/** Flags as runC reads them: `--name value`, `--name=value`, `-n value`; `--` ends them. */
import { InvalidArgument } from '#base';

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  /** Takes a value; otherwise it is a switch. */
  readonly value?: boolean;
}

export interface Parsed {
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
}

/** `anywhere`: also behind words that are none. Throws InvalidArgument for a flag that is not in the table, or one without its value. */
export function parseFlags(words: readonly string[], table: readonly FlagSpec[], anywhere = false): Parsed {
  const flags = new Map<string, string[]>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return { flags, rest: [...rest, ...words.slice(at + 1)] };
    if (!word.startsWith('-') || word === '-' || /^-\d+$/.test(word)) {
      if (!anywhere) return { flags, rest: words.slice(at) };
      rest.push(word);
      continue;
    }
    const [dashed = '', inline] = splitOnce(word);
    const flag = table.find(({ name, short }) => dashed === `--${name}` || dashed === `-${name}` || dashed === `-${short}`);
    if (!flag) throw new InvalidArgument(`flag provided but not defined: ${single(dashed)}`);
    const value = flag.value ? (inline ?? words[(at += 1)]) : (inline ?? 'true');
    if (value === undefined) throw new InvalidArgument(`flag needs an argument: ${single(dashed)}`);
    flags.set(flag.name, [...(flags.get(flag.name) ?? []), value]);
  }
  return { flags, rest };
}

/** Go's flag package names every flag with one dash. */
const single = (dashed: string): string => dashed.replace(/^--/, '-');

function splitOnce(word: string): [string, string | undefined] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}
