/**
 * Characters and classes of them. Whether one character is in a class is asked of JavaScript's own engine, by an
 * expression of that class alone: it knows Unicode's properties and its folding of case, and one character cannot make
 * it go back.
 */
import { BadPattern, type Flags, type Source } from './tree.ts';

const named: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7f', blank: '\\t ', cntrl: '\\x00-\\x1f\\x7f', digit: '0-9', graph: '!-~',
  lower: 'a-z', print: ' -~', punct: '!-\\/:-@\\[-`\\{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
};
/** What is in a named class's complement, for use inside another class. */
const complements: Readonly<Record<string, string>> = {
  alnum: '\\x00-\\/:-@\\[-`\\{-\\u{10ffff}', alpha: '\\x00-@\\[-`\\{-\\u{10ffff}', ascii: '\\x80-\\u{10ffff}', blank: '\\x00-\\x08\\n-\\x1f!-\\u{10ffff}',
  cntrl: ' -~\\x80-\\u{10ffff}', digit: '\\x00-\\/:-\\u{10ffff}', graph: '\\x00- \\x7f-\\u{10ffff}', lower: '\\x00-`\\{-\\u{10ffff}',
  print: '\\x00-\\x1f\\x7f-\\u{10ffff}', punct: '\\x00- 0-9A-Za-z\\x7f-\\u{10ffff}', space: '\\x00-\\x08\\x0e-\\x1f!-\\u{10ffff}',
  upper: '\\x00-@\\[-\\u{10ffff}', word: '\\x00-\\/:-@\\[-\\^`\\{-\\u{10ffff}', xdigit: '\\x00-\\/:-@G-`g-\\u{10ffff}',
};
/** Go's \s is without the vertical tab that [[:space:]] has. */
const perl: Readonly<Record<string, string>> = {
  d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ', D: '\\x00-\\/:-\\u{10ffff}', W: '\\x00-\\/:-@\\[-\\^`\\{-\\u{10ffff}', S: '\\x00-\\x08\\v\\x0e-\\x1f!-\\u{10ffff}',
};
const controls: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** One character, as it is or in any case. */
export function literal(character: string, { fold }: Flags): (character: string) => boolean {
  return fold ? accepting(escaped(character), true, false) : (other) => other === character;
}

/** The class that an escape behind `\` names (`d`, `pL`, …); undefined when it is a character's. */
export function escapedClass(source: Source): string | undefined {
  const letter = source.peek();
  if (perl[letter] !== undefined) {
    source.take();
    return perl[letter];
  }
  return letter === 'p' || letter === 'P' ? property(source) : undefined;
}

/** The character that an escape behind `\` stands for. */
export function escapedCharacter(source: Source): string {
  const letter = source.take();
  if (controls[letter] !== undefined) return controls[letter];
  if (letter === 'x') return hexadecimal(source);
  if (/[0-7]/.test(letter)) return octal(source, letter);
  if (/[^0-9A-Za-z\u0080-\u{10ffff}]/u.test(letter)) return letter;
  throw new BadPattern(`\\${letter}`);
}

/** A class in brackets, `[` taken already. */
export function bracketed(source: Source, { fold }: Flags): (character: string) => boolean {
  const negated = source.takes('^');
  let body = '';
  for (let first = true; first || source.peek() !== ']'; first = false) body += member(source);
  source.take();
  return accepting(body, fold, negated);
}

/** A predicate by a class's body. */
export function accepting(body: string, fold: boolean, negated: boolean): (character: string) => boolean {
  const expression = new RegExp(`^[${negated ? '^' : ''}${body}]$`, fold ? 'isu' : 'su');
  return (character) => expression.test(character);
}

function member(source: Source): string {
  if (source.peek() === '[' && source.peek(1) === ':') {
    const from = source.at;
    source.at += 2;
    const name = source.until(':]');
    if (name !== undefined) return namedClass(name);
    source.at = from;
  }
  if (source.peek() === '\\') {
    source.take();
    const inside = escapedClass(source);
    if (inside !== undefined) return inside;
    source.at--;
  }
  return range(source);
}

function namedClass(name: string): string {
  const body = name.startsWith('^') ? complements[name.slice(1)] : named[name];
  if (body === undefined) throw new BadPattern(`[:${name}:]`);
  return body;
}

function range(source: Source): string {
  const low = single(source);
  if (source.peek() !== '-' || source.peek(1) === ']' || source.peek(1) === '') return escaped(low);
  source.take();
  const high = single(source);
  if (codeOf(high) < codeOf(low)) throw new BadPattern(`${low}-${high}`);
  return `${escaped(low)}-${escaped(high)}`;
}

function single(source: Source): string {
  return source.takes('\\') ? escapedCharacter(source) : source.take();
}

/** `pL`, `p{Greek}`, `P{^Lu}`: a general category, or a script. */
function property(source: Source): string {
  let negated = source.take() === 'P';
  let name = source.take();
  if (name === '{') {
    const inside = source.until('}');
    if (inside === undefined) throw new BadPattern('\\p{');
    name = inside;
  }
  if (name.startsWith('^')) {
    negated = !negated;
    name = name.slice(1);
  }
  if (!/^[A-Za-z_]+$/.test(name)) throw new BadPattern(`\\p{${name}}`);
  const known = [name, `Script=${name}`].find((property) => compiles(`\\p{${property}}`));
  if (known === undefined) throw new BadPattern(`\\p{${name}}`);
  return `\\${negated ? 'P' : 'p'}{${known}}`;
}

function compiles(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function hexadecimal(source: Source): string {
  const digits = source.takes('{') ? source.until('}') : source.take() + source.take();
  if (digits === undefined || !/^[0-9A-Fa-f]+$/.test(digits) || Number.parseInt(digits, 16) > 0x10ffff) throw new BadPattern(`\\x${digits ?? ''}`);
  return String.fromCodePoint(Number.parseInt(digits, 16));
}

/** Up to three digits; one that is not zero alone would be a reference to what was matched before, which RE2 has not. */
function octal(source: Source, first: string): string {
  if (first !== '0' && !/[0-7]/.test(source.peek())) throw new BadPattern(`\\${first}`);
  let digits = first;
  while (digits.length < 3 && /[0-7]/.test(source.peek())) digits += source.take();
  return String.fromCodePoint(Number.parseInt(digits, 8));
}

function escaped(character: string): string {
  return `\\u{${codeOf(character).toString(16)}}`;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
