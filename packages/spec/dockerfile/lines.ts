import { InvalidArgument, withoutEnd } from '#base';
import { Directives } from './directives.ts';
import type { EscapeCharacter } from './expand.ts';
import { trim, trimStart } from './space.ts';

/** An instruction's text with its continuation lines joined. Lines count from 1. */
export interface LogicalLine {
  readonly text: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly comments: readonly string[];
  /** A blank line stood between a line and its continuation. */
  readonly emptyContinuation: boolean;
}

const longest = 65535;

const continuation: Readonly<Record<EscapeCharacter, RegExp>> = {
  '\\': /(^|[^\\])\\[ \t]*$/,
  '`': /(^|[^`])`[ \t]*$/,
};

/** Reads a Dockerfile line by line: comments and directives out, continuations joined, here-documents on demand. */
export class LineReader {
  readonly directives = new Directives();
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.replace(/^\ufeff/, '').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  }

  /** Lines read so far. */
  get line(): number {
    return this.#at;
  }

  /** The next logical line that is neither blank nor a comment; undefined at the end. */
  next(): LogicalLine | undefined {
    let comments: string[] = [];
    for (let raw = this.#take(); raw !== undefined; raw = this.#take()) {
      const line = trimStart(withoutEnding(raw));
      const directive = this.directives.read(line);
      if (line.startsWith('#')) {
        const comment = trim(line.slice(1));
        if (comment === '') comments = [];
        else if (!directive) comments.push(comment);
      } else if (line !== '') return this.#join(line, comments);
    }
    return undefined;
  }

  /** The lines up to one that is `name` alone, endings kept. Throws InvalidArgument when none is. */
  heredoc(name: string, tabsMayLead: boolean): string {
    let content = '';
    for (let raw = this.#take(); raw !== undefined; raw = this.#take()) {
      const line = withoutEnding(raw);
      if ((tabsMayLead ? line.replace(/^\t+/, '') : line) === name) return content;
      content += raw;
    }
    throw new InvalidArgument('unterminated heredoc');
  }

  #join(first: string, comments: readonly string[]): LogicalLine {
    const startLine = this.#at;
    let emptyContinuation = false;
    let { text, goesOn } = this.#continued(first);
    while (goesOn) {
      const raw = this.#take();
      if (raw === undefined) break;
      const line = withoutEnding(raw);
      if (trimStart(line).startsWith('#')) continue;
      if (trimStart(line) === '') {
        emptyContinuation = true;
        continue;
      }
      const more = this.#continued(line);
      text += more.text;
      goesOn = more.goesOn;
    }
    return { text, startLine, endLine: this.#at, comments, emptyContinuation };
  }

  #continued(line: string): { text: string; goesOn: boolean } {
    const match = continuation[this.directives.escape].exec(line);
    return match ? { text: line.slice(0, match.index) + (match[1] ?? ''), goesOn: true } : { text: line, goesOn: false };
  }

  #take(): string | undefined {
    const line = this.#lines[this.#at];
    if (line === undefined) return undefined;
    if (Buffer.byteLength(line) > longest) throw new InvalidArgument(`dockerfile line greater than max allowed size of ${longest}`);
    this.#at++;
    return line;
  }
}

const withoutEnding = (line: string): string => withoutEnd(line, (character) => character === '\r' || character === '\n');
