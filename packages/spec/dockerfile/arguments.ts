/** How each instruction's arguments are cut: the same text means other things to ENV, RUN, COPY and HEALTHCHECK. */
import { InvalidArgument, quote } from '#base';
import type { EscapeCharacter } from './expand.ts';
import { isSpace, trimStart } from './space.ts';

export interface Arguments {
  readonly args: readonly string[];
  /** The arguments were written as a JSON array. */
  readonly json: boolean;
}

const blanks = /[\t\v\f\r ]+/;

/** `ENV` and `LABEL`: `key=value …`, or the old `key value`. Each pair gives key, value and the separator ("=" or ""). */
export function nameValueArguments(rest: string, instruction: string, escape: EscapeCharacter): Arguments {
  const words = quotedWords(rest, escape);
  const [first] = words;
  if (first === undefined) return plain([]);
  if (first.includes('=')) return plain(words.flatMap(nameValue));
  const gap = blanks.exec(rest);
  if (!gap) throw new InvalidArgument(`${instruction} must have two arguments`);
  return plain([rest.slice(0, gap.index), rest.slice(gap.index + gap[0].length), '']);
}

function nameValue(word: string): string[] {
  const equals = word.indexOf('=');
  if (equals < 0) throw new InvalidArgument(`Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`);
  return [word.slice(0, equals), word.slice(equals + 1), '='];
}

/** `ARG`: words, each a name or `name=value`. */
export function wordArguments(rest: string, escape: EscapeCharacter): Arguments {
  return plain(quotedWords(rest, escape));
}

/** `FROM`, `EXPOSE`: whatever white space parts. */
export function blankArguments(rest: string): Arguments {
  return plain(rest === '' ? [] : rest.split(blanks));
}

/** `USER`, `WORKDIR`, `STOPSIGNAL`, `MAINTAINER`: the whole text. */
export function wholeArgument(rest: string): Arguments {
  return plain(rest === '' ? [] : [rest]);
}

/** `RUN`, `CMD`, `ENTRYPOINT`, `SHELL`: a JSON array, or the whole text for a shell. */
export function commandArguments(rest: string): Arguments {
  return jsonArguments(rest) ?? wholeArgument(rest);
}

/** `ADD`, `COPY`, `VOLUME`: a JSON array, or what white space parts. */
export function pathArguments(rest: string): Arguments {
  return jsonArguments(rest) ?? blankArguments(rest);
}

/** `HEALTHCHECK`: its type, then a command. */
export function healthcheckArguments(rest: string): Arguments {
  const [, type = '', command = ''] = /^(\S+)\s*([^]*)$/.exec(rest) ?? [];
  if (type === '') return plain([]);
  const { args, json } = commandArguments(command);
  return { args: [type, ...args], json };
}

/** What is no JSON array is no error: it is a command line that begins with a bracket. */
function jsonArguments(rest: string): Arguments | undefined {
  const text = trimStart(rest);
  if (!text.startsWith('[')) return undefined;
  const value = parsed(text);
  if (!Array.isArray(value)) return undefined;
  const args = value.filter((item) => typeof item === 'string');
  if (args.length === value.length) return { args, json: true };
  throw new InvalidArgument('when using JSON array syntax, arrays must be comprised of strings only');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Words parted by white space; quotes and escapes hold one together and stay in it for the expansion that follows. */
function quotedWords(rest: string, escape: EscapeCharacter): string[] {
  const words: string[] = [];
  const characters = Array.from(rest);
  let word: string | undefined;
  let quoted: string | undefined;
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (quoted === undefined && isSpace(character)) {
      if (word) words.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (character === escape && quoted !== "'") {
      // At the very end it is a continuation of nothing.
      const next = characters[++at];
      if (next !== undefined) word += character + next;
      continue;
    }
    if (character === quoted) quoted = undefined;
    else if (quoted === undefined && (character === "'" || character === '"')) quoted = character;
    word += character;
  }
  return word ? [...words, word] : words;
}

const plain = (args: readonly string[]): Arguments => ({ args, json: false });
