import { quote } from './quote.ts';

/** What Go's decoder says of a text that is no JSON document. */
export type JsonComplaint =
  | { readonly kind: 'syntax'; readonly message: string }
  /** The text ends within the document. */
  | { readonly kind: 'unfinished' }
  /** A document ends at the offset `end`, and more text follows. */
  | { readonly kind: 'trailing'; readonly end: number };

/**
 * Why `JSON.parse` refuses a text, in the words of Go's encoding/json, which Docker's clients compare. Call it only for
 * a text that was refused: a valid one is `trailing` at its own end.
 */
export function jsonComplaint(text: string): JsonComplaint {
  const scan = new Scan(text);
  try {
    scan.value();
    return { kind: 'trailing', end: scan.at };
  } catch (error) {
    // The stack may end before Go's own measure of depth does.
    if (error instanceof RangeError) return { kind: 'syntax', message: `invalid character ${singleQuoted(text[Math.max(text.lastIndexOf('[', scan.at), text.lastIndexOf('{', scan.at))] ?? '')} exceeded max depth` };
    if (!(error instanceof Refused)) throw error;
    return error.complaint;
  }
}

/** The same as one message, of a document that must be the whole text. */
export function jsonProblem(text: string): string {
  const complaint = jsonComplaint(text);
  if (complaint.kind === 'syntax') return complaint.message;
  if (complaint.kind === 'unfinished') return 'unexpected end of JSON input';
  const next = text.slice(complaint.end).trimStart();
  return `invalid character ${singleQuoted(Array.from(next.slice(0, 2))[0] ?? '')} after top-level value`;
}

/** How deep Go's decoder follows lists and objects. */
const maxDepth = 10_000;

class Refused extends Error {
  readonly complaint: JsonComplaint;

  constructor(complaint: JsonComplaint) {
    super(complaint.kind);
    this.complaint = complaint;
  }
}

/** RFC 8259 read character by character, for the place where it stops holding. */
class Scan {
  readonly #text: string;
  at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): void {
    const first = this.#next();
    if (first === '{' || first === '[') this.#nested(first);
    else if (first === '"') this.#string();
    else if (first === '-' || isDigit(first)) this.#number();
    else this.#literal(first);
  }

  #nested(bracket: '{' | '['): void {
    if (++this.#depth > maxDepth) this.#refuse('exceeded max depth');
    if (bracket === '{') this.#members();
    else this.#elements();
    this.#depth--;
  }

  #members(): void {
    this.at++;
    if (this.#next() === '}') return void this.at++;
    for (;;) {
      if (this.#next() !== '"') this.#refuse('looking for beginning of object key string');
      this.#string();
      if (this.#next() !== ':') this.#refuse('after object key');
      this.at++;
      this.value();
      const after = this.#next();
      if (after !== ',' && after !== '}') this.#refuse('after object key:value pair');
      this.at++;
      if (after === '}') return;
    }
  }

  #elements(): void {
    this.at++;
    if (this.#next() === ']') return void this.at++;
    for (;;) {
      this.value();
      const after = this.#next();
      if (after !== ',' && after !== ']') this.#refuse('after array element');
      this.at++;
      if (after === ']') return;
    }
  }

  #string(): void {
    for (this.at++; ; this.at++) {
      const character = this.#here();
      if (character === '"') return void this.at++;
      if (character < ' ') this.#refuse('in string literal');
      if (character === '\\') this.#escape();
    }
  }

  #escape(): void {
    this.at++;
    if (!'bfnrt\\/"u'.includes(this.#here())) this.#refuse('in string escape code');
    if (this.#here() !== 'u') return;
    for (let digits = 0; digits < 4; digits++) {
      this.at++;
      if (!/^[0-9a-fA-F]$/.test(this.#here())) this.#refuse('in \\u hexadecimal character escape');
    }
  }

  #number(): void {
    if (this.#here() === '-') this.#digit('in numeric literal', 1);
    if (this.#here() === '0') this.at++;
    else this.#digits();
    if (this.#text[this.at] === '.') {
      this.#digit('after decimal point in numeric literal', 1);
      this.#digits();
    }
    if (!/^[eE]$/.test(this.#text[this.at] ?? '')) return;
    this.at++;
    this.#digit('in exponent of numeric literal', /^[+-]$/.test(this.#here()) ? 1 : 0);
    this.#digits();
  }

  /** Goes `skip` further, where a digit must stand. */
  #digit(where: string, skip: number): void {
    this.at += skip;
    if (!isDigit(this.#here())) this.#refuse(where);
  }

  #digits(): void {
    while (isDigit(this.#text[this.at] ?? '')) this.at++;
  }

  #literal(first: string): void {
    const word = { t: 'true', f: 'false', n: 'null' }[first];
    if (word === undefined) this.#refuse('looking for beginning of value');
    for (const expected of word ?? '') {
      if (this.#here() !== expected) this.#refuse(`in literal ${word} (expecting '${expected}')`);
      this.at++;
    }
  }

  /** The next character that is not white space. */
  #next(): string {
    while (/^[ \t\r\n]$/.test(this.#text[this.at] ?? '')) this.at++;
    return this.#here();
  }

  #here(): string {
    const code = this.#text.codePointAt(this.at);
    if (code === undefined) throw new Refused({ kind: 'unfinished' });
    return String.fromCodePoint(code);
  }

  #refuse(where: string): never {
    throw new Refused({ kind: 'syntax', message: `invalid character ${singleQuoted(this.#here())} ${where}` });
  }
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1;
}

/** Go's decoder reads bytes, and tells of the first one of a character as if it were all. */
function singleQuoted(whole: string): string {
  const character = String.fromCharCode(Buffer.from(whole)[0] ?? 0);
  if (character === "'") return `'\\''`;
  return character === '"' ? `'"'` : `'${quote(character).slice(1, -1)}'`;
}
