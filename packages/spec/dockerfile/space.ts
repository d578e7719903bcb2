import { withoutEnd } from '#base';

/** White space as Go's unicode.IsSpace knows it; JavaScript's `\s` differs in U+0085 and U+FEFF. */
const spaces = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const single = new RegExp(`^[${spaces}]$`);
const leading = new RegExp(`^[${spaces}]+`);

/** True for one character of white space. */
export function isSpace(character: string): boolean {
  return single.test(character);
}

/** Drops white space at the start. */
export function trimStart(text: string): string {
  return text.replace(leading, '');
}

/** Drops white space at both ends. */
export function trim(text: string): string {
  return trimStart(withoutEnd(text, isSpace));
}
