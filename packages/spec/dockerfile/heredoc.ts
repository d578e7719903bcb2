import { expandWord, type ExpandOptions } from './expand.ts';

/** Text that follows an instruction up to a line with its name alone (Dockerfile reference, "Here-documents"). */
export interface Heredoc {
  readonly name: string;
  /** 0 unless a number stood before `<<`. */
  readonly descriptor: number;
  /** False when any part of the name was quoted: variables in the text stay as they are. */
  readonly expand: boolean;
  /** `<<-`: leading tabs go, of the text's lines and of the terminator. */
  readonly chomp: boolean;
  readonly content: string;
}

const shape = /^(\d*)<<(-?)([^<]*)$/;
const nothing: ReadonlyMap<string, string> = new Map();
const lexing: ExpandOptions = { escape: '\\', keepUnset: true };

/** The here-document that one word announces (`<<EOF`, `3<<-"END"`), without its text; undefined for any other word. */
export function heredocOf(word: string): Heredoc | undefined {
  const match = shape.exec(word);
  if (!match) return undefined;
  const [, descriptor = '', dash = '', rest = ''] = match;
  const { words } = expandWord(rest, nothing, lexing);
  const [name] = words;
  if (name === undefined || words.length > 1) return undefined;
  const [raw = ''] = expandWord(rest, nothing, { ...lexing, rawQuotes: true }).words;
  return { name, descriptor: Number(descriptor), expand: quotesIn(name) === quotesIn(raw), chomp: dash === '-', content: '' };
}

/** Every here-document that an instruction's line announces, in order. A line that cannot be lexed announces none. */
export function heredocsOf(line: string): Heredoc[] {
  if (!line.includes('<<')) return [];
  return wordsOf(line).flatMap((word) => heredocOf(word) ?? []);
}

/** Removes the leading tabs of every line. */
export function chomp(text: string): string {
  return text.replace(/^\t+/gm, '');
}

function wordsOf(line: string): readonly string[] {
  try {
    return expandWord(line, nothing, { ...lexing, rawQuotes: true, rawEscapes: true }).words;
  } catch {
    // The line is a shell's to read, not ours: an unbalanced quote in a RUN is no error of the Dockerfile.
    return [];
  }
}

const quotesIn = (text: string): number => text.replace(/[^'"]/g, '').length;
