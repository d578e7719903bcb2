/** Reads the daemon's command line the way pflag does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `--switch[=false]`. */
import { InvalidArgument, messageOf, parseBool, quote } from '#base';
import { flagNamed, flags, refusedFlags, type Flag } from './flags.ts';

/** What was given, by long name; a list holds every occurrence. */
export type Given = Readonly<Record<string, string | boolean | readonly string[]>>;

/** Throws InvalidArgument with one sentence for an unknown, refused or incomplete flag. */
export function parseCommandLine(words: readonly string[]): Given {
  const given: Record<string, string | boolean | string[]> = {};
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const { flag, value } = split(word);
    if (flag.kind === 'switch') {
      given[flag.name] = value === undefined ? true : parseSwitch(flag, value);
      continue;
    }
    const text = value ?? rest.shift();
    if (text === undefined) throw wrong(`flag needs an argument: ${word.startsWith('--') ? word : `'${word.slice(1)}' in ${word}`}`);
    if (flag.kind === 'number' && !/^-?\d+$/.test(text)) throw invalidValue(flag, text, `strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
    if (flag.kind === 'list') given[flag.name] = [...((given[flag.name] as string[] | undefined) ?? []), text];
    else given[flag.name] = text;
  }
  return given;
}

/** The flag that a word names, and the value written into the same word. */
function split(word: string): { flag: Flag; value: string | undefined } {
  const [, long, longValue] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
  if (long !== undefined) return { flag: longFlag(long), value: longValue };
  const [, letter, value] = /^-([a-zA-Z])=?([^]*)$/.exec(word) ?? [];
  if (letter === undefined) throw wrong(`"narud" accepts no arguments.`);
  const flag = flags.find(({ short }) => short === letter);
  if (!flag) throw wrong(`unknown shorthand flag: '${letter}' in ${word}`);
  return { flag, value: value || undefined };
}

function longFlag(name: string): Flag {
  const flag = flagNamed(name);
  if (flag) return flag;
  const why = refusedFlags[name];
  throw wrong(why === undefined ? `unknown flag: --${name}` : `--${name} is not supported: ${why}`);
}

function parseSwitch(flag: Flag, text: string): boolean {
  try {
    return parseBool(text);
  } catch (error) {
    throw invalidValue(flag, text, messageOf(error));
  }
}

function invalidValue(flag: Flag, text: string, reason: string): InvalidArgument {
  const name = flag.short ? `-${flag.short}, --${flag.name}` : `--${flag.name}`;
  return wrong(`invalid argument ${quote(text)} for ${quote(name)} flag: ${reason}`);
}

function wrong(message: string): InvalidArgument {
  return new InvalidArgument(`${message}\nSee 'narud --help'.`);
}
