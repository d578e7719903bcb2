import { isSpace, trim, trimStart } from './space.ts';

export interface Command {
  /** As written. */
  readonly name: string;
  /** `--flag=value` words before the arguments, quotes and escapes resolved. */
  readonly flags: readonly string[];
  readonly rest: string;
}

/** Parts a logical line into the instruction, its flags and the rest. */
export function splitCommand(line: string): Command {
  const text = trim(line);
  const gap = /[\t\v\f\r ]+/.exec(text);
  if (!gap) return { name: text, flags: [], rest: '' };
  const { flags, rest } = splitFlags(text.slice(gap.index + gap[0].length));
  return { name: text.slice(0, gap.index), flags, rest: trim(rest) };
}

/** Takes words while they begin with `--`; a lone `--` ends them. */
function splitFlags(text: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let rest = trimStart(text);
  while (rest.startsWith('--')) {
    const word = flagWord(rest);
    rest = trimStart(rest.slice(word.length));
    if (word.text === '--') break;
    flags.push(word.text);
  }
  return { flags, rest };
}

/** One word from the start of `text`; the backslash escapes here whatever the file's escape character is, as in Docker. */
function flagWord(text: string): { text: string; length: number } {
  let word = '';
  let quoted: string | undefined;
  let at = 0;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    if (quoted === undefined && isSpace(character)) break;
    if (character === '\\') word += text.charAt(++at);
    else if (character === quoted) quoted = undefined;
    else if (quoted === undefined && (character === '"' || character === "'")) quoted = character;
    else word += character;
  }
  return { text: word, length: Math.min(at, text.length) };
}
