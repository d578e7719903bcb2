/**
 * Reads a command line as the pflag package does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`,
 * clusters of switches (`-it`), `--` for the end. Where `interspersed` is false the first argument ends the flags.
 */
import { InvalidArgument, messageOf, parseBool, quote } from '#base';
import type { Flag, Flags, ParsedFlags } from './flag.ts';

/** What is said of `-h`. */
export const shortHelp = 'Flag shorthand -h has been deprecated, use --help';

/** Parses `words`. Throws InvalidArgument with pflag's message, without the usage that follows it on a terminal. */
export function parseFlags(words: readonly string[], flags: Flags, interspersed = true): ParsedFlags {
  const state = new State(flags);
  const rest: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') return state.result([...rest, ...queue]);
    if (word === '-' || !word.startsWith('-')) {
      if (!interspersed) return state.result([word, ...queue]);
      rest.push(word);
    } else if (word.startsWith('--')) readLong(word, queue, state);
    else readCluster(word.slice(1), queue, state);
  }
  return state.result(rest);
}

function readLong(word: string, queue: string[], state: State): void {
  const at = word.indexOf('=');
  const name = word.slice(2, at < 0 ? undefined : at);
  if (name === '' || name.startsWith('-')) throw new InvalidArgument(`bad flag syntax: ${word}`);
  const flag = state.flag(name);
  if (!flag && name === 'help') return state.askHelp('--help', at < 0 ? 'true' : word.slice(at + 1));
  if (!flag) throw new InvalidArgument(`unknown flag: --${name}`);
  const value = at < 0 ? (flag.implied ?? queue.shift()) : word.slice(at + 1);
  if (value === undefined) throw new InvalidArgument(`flag needs an argument: ${word}`);
  state.set(name, flag, value);
}

function readCluster(cluster: string, queue: string[], state: State): void {
  for (let left = cluster; left !== ''; ) {
    const letter = left.charAt(0);
    const [name, flag] = state.short(letter) ?? [];
    if (!flag && letter === 'h') {
      if (left.length > 2 && left[1] === '=') return state.askHelp('-h', left.slice(2));
      state.askHelp('-h', 'true');
      left = left.slice(1);
      continue;
    }
    if (!flag || name === undefined) throw new InvalidArgument(`unknown shorthand flag: '${letter}' in -${left}`);
    if (left.length > 2 && left[1] === '=') return state.set(name, flag, left.slice(2));
    if (flag.implied !== undefined) {
      state.set(name, flag, flag.implied);
      left = left.slice(1);
      continue;
    }
    const value = left.length > 1 ? left.slice(1) : queue.shift();
    if (value === undefined) throw new InvalidArgument(`flag needs an argument: '${letter}' in -${left}`);
    return state.set(name, flag, value);
  }
}

class State {
  readonly #flags: Flags;
  readonly #values: Record<string, unknown>;
  readonly #given = new Set<string>();
  readonly #notices: string[] = [];
  readonly #shorts: ReadonlyMap<string, string>;
  help: ParsedFlags['help'] = false;

  constructor(flags: Flags) {
    this.#flags = flags;
    this.#values = Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.initial]));
    this.#shorts = new Map(Object.entries(flags).flatMap(([name, flag]) => (flag.short === undefined ? [] : [[flag.short, name] as const])));
  }

  flag(name: string): Flag<unknown> | undefined {
    return Object.hasOwn(this.#flags, name) ? this.#flags[name] : undefined;
  }

  short(letter: string): [string, Flag<unknown>] | undefined {
    const name = this.#shorts.get(letter);
    const flag = name === undefined ? undefined : this.flag(name);
    return name === undefined || !flag ? undefined : [name, flag];
  }

  /** The last one counts; the short form is told of where its page does not tell. */
  askHelp(written: '-h' | '--help', value: string): void {
    const asked = read('--help', value, () => parseBool(value));
    if (!asked && written === '-h') this.#notices.push(shortHelp);
    this.help = asked && written;
  }

  set(name: string, flag: Flag<unknown>, text: string): void {
    const target = flag.restrictions.aliasOf ?? name;
    this.#values[target] = read(flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`, text, () => flag.parse(text, this.#values[target]));
    this.#given.add(target);
    if (flag.restrictions.deprecated !== undefined) this.#notices.push(`Flag --${name} has been deprecated, ${flag.restrictions.deprecated}`);
  }

  result(rest: readonly string[]): ParsedFlags {
    return { values: this.#values, given: this.#given, rest, help: this.help, notices: this.#notices };
  }
}

/** Throws InvalidArgument for what `parse` does not take. */
function read<T>(shown: string, text: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgument(`invalid argument ${quote(text)} for ${quote(shown)} flag: ${messageOf(error)}`, { cause: error });
  }
}
