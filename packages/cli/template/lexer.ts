/**
 * Cuts a template into tokens as Go's text/template does: text outside `{{ }}`, words inside. `{{-` and `-}}` with a
 * blank take the white space beside them out of the text; comments vanish.
 */
import { InvalidArgument } from '#base';

export type TokenKind =
  | 'text' | 'open' | 'close' | 'field' | 'variable' | 'identifier' | 'keyword' | 'dot' | 'nil' | 'bool' | 'number' | 'string' | 'rawString' | 'char'
  | 'pipe' | 'comma' | 'declare' | 'assign' | 'openParen' | 'closeParen' | 'space' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const keywords = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);

/** One pattern per token, tried in order at each place inside an action. */
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['declare', /:=/y],
  ['assign', /=/y],
  ['pipe', /\|/y],
  ['comma', /,/y],
  ['openParen', /\(/y],
  ['closeParen', /\)/y],
  ['rawString', /`[^`]*`/y],
  ['string', /"(?:[^"\\\n]|\\.)*"/y],
  ['char', /'(?:[^'\\\n]|\\.)+'/y],
  ['number', /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/y],
  ['field', /\.[A-Za-z_\u00aa-\uffff][\w\u00aa-\uffff]*/y],
  ['dot', /\./y],
  ['variable', /\$[\w\u00aa-\uffff]*/y],
  ['identifier', /[A-Za-z_\u00aa-\uffff][\w\u00aa-\uffff]*/y],
];

/** The tokens of `source`. Throws InvalidArgument as the parser of Go does ("template: NAME:LINE: …"). */
export function tokenize(source: string, name: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  for (;;) {
    const open = source.indexOf('{{', at);
    const end = open < 0 ? source.length : open;
    const trimsBefore = open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    const text = trim(source.slice(at, end), trimNext, trimsBefore);
    if (text !== '') tokens.push({ kind: 'text', text, at });
    if (open < 0) break;
    const start = open + (trimsBefore ? 3 : 2);
    const comment = source.startsWith('/*', start + (/^[ \t\r\n]*/.exec(source.slice(start))?.[0].length ?? 0) * (trimsBefore ? 1 : 0));
    const after = comment ? skipComment(source, start, name) : lexAction(source, open, start, name, tokens);
    at = after.at;
    trimNext = after.trims;
  }
  tokens.push({ kind: 'end', text: '', at: source.length });
  return tokens;
}

/** The error that Go's parser would give at an offset of `source`. */
export function parseError(name: string, source: string, at: number, message: string): InvalidArgument {
  const line = source.slice(0, at).split('\n').length;
  return new InvalidArgument(`template: ${name}:${line}: ${message}`);
}

function trim(text: string, left: boolean, right: boolean): string {
  const started = left ? text.replace(/^[ \t\r\n]+/, '') : text;
  return right ? started.replace(/[ \t\r\n]+$/, '') : started;
}

function skipComment(source: string, start: number, name: string): { at: number; trims: boolean } {
  const end = source.indexOf('*/', start);
  if (end < 0) throw parseError(name, source, start, 'unclosed comment');
  const close = /^(?:[ \t\r\n]+-)?\}\}/.exec(source.slice(end + 2));
  if (!close) throw parseError(name, source, end, 'comment ends before closing delimiter');
  return { at: end + 2 + close[0].length, trims: close[0].length > 2 };
}

function lexAction(source: string, open: number, start: number, name: string, tokens: Token[]): { at: number; trims: boolean } {
  tokens.push({ kind: 'open', text: '{{', at: open });
  let depth = 0;
  for (let at = start; ; ) {
    const close = /^(?:[ \t\r\n]+-)?\}\}/.exec(source.slice(at, at + 64));
    if (close) {
      if (depth > 0) throw parseError(name, source, at, 'unclosed left paren');
      tokens.push({ kind: 'close', text: '}}', at });
      return { at: at + close[0].length, trims: close[0].length > 2 };
    }
    if (at >= source.length) throw parseError(name, source, at, 'unclosed action');
    const token = next(source, at, name);
    if (token.kind === 'openParen') depth++;
    if (token.kind === 'closeParen' && --depth < 0) throw parseError(name, source, at, 'unexpected right paren');
    tokens.push(token);
    at += token.text.length;
  }
}

function next(source: string, at: number, name: string): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) continue;
    if (text.startsWith("'") && !oneCharacter.test(text)) throw parseError(name, source, at, `malformed character constant: ${text}`);
    const following = source[at + text.length] ?? '';
    if (kind === 'number' && /[\w\u00aa-\uffff]/.test(following)) throw parseError(name, source, at, `bad number syntax: ${JSON.stringify(text + following)}`);
    if (named.has(kind) && !endsName(source, at + text.length)) throw parseError(name, source, at, `bad character ${unicode(following)}`);
    return { kind: kind === 'identifier' ? wordKind(text) : kind, text, at };
  }
  throw parseError(name, source, at, complaintAbout(source, at));
}

const oneCharacter = /^'(?:[^'\\]|\\[abfnrtv\\'"]|\\x[\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\[0-7]{3})'$/u;

const named = new Set<TokenKind>(['field', 'variable', 'identifier']);

/** A name ends at white space, punctuation of the language or the action's end. */
function endsName(source: string, at: number): boolean {
  return at >= source.length || /[\s.,|:()=]/.test(source[at] ?? '') || source.startsWith('}}', at);
}

/** `U+007D '}'`. */
function unicode(character: string): string {
  const point = String.fromCodePoint(character.codePointAt(0) ?? 0);
  return `U+${(point.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${point}'`;
}

function wordKind(word: string): TokenKind {
  if (keywords.has(word)) return 'keyword';
  if (word === 'true' || word === 'false') return 'bool';
  return word === 'nil' ? 'nil' : 'identifier';
}

function complaintAbout(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"') return 'unterminated quoted string';
  if (character === '`') return 'unterminated raw quoted string';
  if (character === "'") return 'unterminated character constant';
  if (character === ':') return 'expected :=';
  return /[\x21-\x7e]/.test(character) ? `unexpected ${JSON.stringify(character)} in operand` : `unrecognized character in action: ${unicode(character)}`;
}
