/**
 * Variables, quotes and escapes in the words of a Dockerfile: `$name`, `${name}` and its modifiers, '…', "…", and the
 * escape character of the file (Dockerfile reference, "Environment replacement").
 */
import { InvalidArgument, quote } from '#base';
import { modify } from './modifier.ts';
import { replacePattern } from './shell-pattern.ts';
import { isSpace } from './space.ts';

export type EscapeCharacter = '\\' | '`';
export type Environment = ReadonlyMap<string, string>;

export interface ExpandOptions {
  readonly escape: EscapeCharacter;
  /** Leave quotes in the result. */
  readonly rawQuotes?: boolean;
  /** Quotes are characters like any other, as in a here-document. */
  readonly plainQuotes?: boolean;
  /** Leave escape characters in the result. */
  readonly rawEscapes?: boolean;
  /** Leave `$name` as it is when the environment has no such name. */
  readonly keepUnset?: boolean;
}

/** What a word came to. */
export interface Expansion {
  readonly text: string;
  /** `text` split at white space that was neither quoted nor escaped; spaces inside a variable's value split too. */
  readonly words: readonly string[];
  /** Names that were used and are not in the environment. */
  readonly missing: ReadonlySet<string>;
}

/** Expands `word` in `env`. Throws InvalidArgument (`failed to process "…": …`) for a word that is malformed or demands a variable. */
export function expandWord(word: string, env: Environment, options: ExpandOptions): Expansion {
  const lexer = new Lexer(word, env, options);
  try {
    const { text, words } = lexer.until(undefined, options.rawEscapes ?? false);
    return { text, words: words.finish(), missing: lexer.missing };
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    throw new InvalidArgument(`failed to process ${quote(word)}: ${error.message}`, { cause: error });
  }
}

/** `NAME=value` entries as an environment; the last of a name wins, a bare name is empty. */
export function environmentOf(entries: Iterable<string>): Environment {
  const env = new Map<string, string>();
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    if (equals < 0) env.set(entry, '');
    else env.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return env;
}

class Words {
  readonly #done: string[] = [];
  #word = '';

  /** Adds text in which white space ends a word. */
  split(text: string): void {
    for (const character of text) {
      if (!isSpace(character)) this.#word += character;
      else if (this.#word !== '') this.#push();
    }
  }

  /** Adds text that belongs to one word, white space and all. */
  whole(text: string): void {
    this.#word += text;
  }

  finish(): string[] {
    if (this.#word !== '') this.#push();
    return this.#done;
  }

  #push(): void {
    this.#done.push(this.#word);
    this.#word = '';
  }
}

const special = '@*#?-$!0';
/** Words within words, `${a:-${b:-…}}`: as many as no Dockerfile has, and far fewer than the stack has room for. */
const deepest = 100;
const digit = /^\p{Nd}$/u;
const nameCharacter = /^[\p{L}\p{Nd}_]$/u;

class Lexer {
  readonly missing = new Set<string>();
  readonly #characters: readonly string[];
  readonly #env: Environment;
  readonly #options: ExpandOptions;
  #at = 0;
  #rawEscapes = false;
  #depth = 0;

  constructor(word: string, env: Environment, options: ExpandOptions) {
    this.#characters = Array.from(word);
    this.#env = env;
    this.#options = options;
  }

  /** Reads up to and over `stop` (undefined: to the end). */
  until(stop: string | undefined, rawEscapes: boolean): { text: string; words: Words } {
    const outer = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    if (++this.#depth > deepest) throw new InvalidArgument(`substitutions are nested more than ${deepest} deep`);
    try {
      return this.#until(stop);
    } finally {
      this.#rawEscapes = outer;
      this.#depth--;
    }
  }

  #until(stop: string | undefined): { text: string; words: Words } {
    const words = new Words();
    let text = '';
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (next === stop) {
        this.#at++;
        return { text, words };
      }
      const piece = this.#piece(next);
      text += piece.text;
      if (piece.whole) words.whole(piece.text);
      else words.split(piece.text);
    }
    if (stop !== undefined) throw new InvalidArgument(`unexpected end of statement while looking for matching ${stop}`);
    return { text, words };
  }

  #piece(next: string): { text: string; whole: boolean } {
    const quotes = !this.#options.plainQuotes;
    if (quotes && next === "'") return { text: this.#singleQuoted(), whole: true };
    if (quotes && next === '"') return { text: this.#doubleQuoted(), whole: true };
    if (next === '$') return { text: this.#dollar(), whole: false };
    this.#at++;
    if (next !== this.#options.escape) return { text: next, whole: false };
    // The escape character at the very end stands for nothing.
    return { text: (this.#rawEscapes ? next : '') + (this.#take() ?? ''), whole: true };
  }

  #singleQuoted(): string {
    const open = this.#take() ?? '';
    let text = '';
    for (let character = this.#take(); character !== "'"; character = this.#take()) {
      if (character === undefined) throw new InvalidArgument('unexpected end of statement while looking for matching single-quote');
      text += character;
    }
    return this.#options.rawQuotes ? open + text + open : text;
  }

  #doubleQuoted(): string {
    const open = this.#take() ?? '';
    let text = '';
    for (let next = this.#peek(); next !== '"'; next = this.#peek()) {
      if (next === undefined) throw new InvalidArgument('unexpected end of statement while looking for matching double-quote');
      text += next === '$' ? this.#dollar() : this.#doubleQuotedCharacter();
    }
    this.#at++;
    return this.#options.rawQuotes ? open + text + open : text;
  }

  /** Inside double quotes the escape character stays before all but `"`, `$` and itself. */
  #doubleQuotedCharacter(): string {
    const character = this.#take() ?? '';
    if (character !== this.#options.escape) return character;
    const raw = this.#rawEscapes ? character : '';
    const next = this.#peek();
    if (next === undefined) return raw;
    if (next !== '"' && next !== '$' && next !== this.#options.escape) return raw + character;
    this.#at++;
    return raw + next;
  }

  #dollar(): string {
    this.#at++;
    if (this.#peek() === '{') return this.#braced();
    const name = this.#name();
    if (name === '') return '$';
    const value = this.#lookup(name);
    return value === undefined && this.#options.keepUnset ? `$${name}` : (value ?? '');
  }

  #braced(): string {
    this.#at++;
    const next = this.#peek();
    if (next === undefined) throw new InvalidArgument("syntax error: missing '}'");
    if ('{}:'.includes(next)) throw new InvalidArgument('syntax error: bad substitution');
    const name = this.#name();
    const operator = this.#take() ?? '\ufffd';
    if (operator === '}') {
      const value = this.#lookup(name);
      return value === undefined && this.#options.keepUnset ? `\${${name}}` : (value ?? '');
    }
    if (operator === '/') return this.#replacement(name);
    if (':+-?#%'.includes(operator)) return this.#modified(name, operator);
    throw new InvalidArgument(`unsupported modifier (${operator}) in substitution`);
  }

  #modified(name: string, first: string): string {
    const operator = first === ':' ? (this.#take() ?? '\ufffd') : first;
    const written = first === ':' ? first + operator : first;
    const word = this.#wordUntil('}', operator === '#' || operator === '%', "syntax error: missing '}'");
    const value = this.#lookup(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}${written}${word}}`;
    return modify({ name, value, word, operator, written, emptyIsUnset: first === ':' });
  }

  #replacement(name: string): string {
    const all = this.#peek() === '/';
    if (all) this.#at++;
    const pattern = this.#wordUntil('/', true, "syntax error: missing '/' in ${}");
    const text = this.#wordUntil('}', true, "syntax error: missing '}'");
    const value = this.#lookup(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}/${pattern}/${text}}`;
    return replacePattern(pattern, value ?? '', text, all);
  }

  #wordUntil(stop: string, rawEscapes: boolean, atEnd: string): string {
    try {
      return this.until(stop, rawEscapes).text;
    } catch (error) {
      if (error instanceof InvalidArgument && this.#peek() === undefined) throw new InvalidArgument(atEnd, { cause: error });
      throw error;
    }
  }

  /** A name, a number, or one of the shell's special parameters. */
  #name(): string {
    const first = this.#peek();
    if (first === undefined) return '';
    if (digit.test(first)) return this.#takeWhile((character) => digit.test(character));
    if (special.includes(first)) return this.#take() ?? '';
    return this.#takeWhile((character) => nameCharacter.test(character));
  }

  #lookup(name: string): string | undefined {
    const value = this.#env.get(name);
    if (value === undefined) this.missing.add(name);
    return value;
  }

  #takeWhile(wanted: (character: string) => boolean): string {
    const start = this.#at;
    for (let next = this.#peek(); next !== undefined && wanted(next); next = this.#peek()) this.#at++;
    return this.#characters.slice(start, this.#at).join('');
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(): string | undefined {
    return this.#characters[this.#at++];
  }
}
