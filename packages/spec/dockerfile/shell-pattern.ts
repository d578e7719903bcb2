import { InvalidArgument } from '#base';

/**
 * The wildcards of `${name#pattern}` and `${name/pattern/text}`: `*` any text, `?` one character, `\` escapes them
 * (POSIX shell pattern matching without bracket expressions). Gives a JavaScript expression's source.
 */
function sourceOf(pattern: string, greedy: boolean): string {
  const characters = Array.from(pattern);
  let source = '';
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') source += greedy ? '.*' : '.*?';
    else if (character === '?') source += '.';
    else if (character !== '\\') source += RegExp.escape(character);
    else if (!'}/'.includes(characters[at + 1] ?? ' ')) source += escaped(characters[++at], pattern);
  }
  return source;
}

function escaped(character: string | undefined, pattern: string): string {
  if (character !== undefined && '*?\\'.includes(character)) return `\\${character}`;
  throw new InvalidArgument(`invalid pattern (${pattern}) in substitution: invalid escape '\\${character ?? ''}'`);
}

/** Removes the shortest (`greedy`: longest) match of `pattern` at the start of `value`. */
export function trimPrefix(pattern: string, value: string, greedy: boolean): string {
  const match = new RegExp(`^${sourceOf(pattern, greedy)}`, 'u').exec(value);
  return match ? value.slice(match[0].length) : value;
}

/**
 * Removes the shortest (`greedy`: longest) match of `pattern` at the end of `value`. Expressions search from the left,
 * so both are turned round.
 */
export function trimSuffix(pattern: string, value: string, greedy: boolean): string {
  return reversed(trimPrefix(reversedPattern(pattern), reversed(value), greedy));
}

/** Replaces the first match of `pattern`, or `all`. */
export function replacePattern(pattern: string, value: string, replacement: string, all: boolean): string {
  return value.replace(new RegExp(sourceOf(pattern, true), all ? 'gu' : 'u'), () => replacement);
}

const reversed = (text: string): string => Array.from(text).toReversed().join('');

/** Turns a pattern round, each escape staying before what it escapes: `a\*c` becomes `c\*a`. */
function reversedPattern(pattern: string): string {
  const units = pattern.match(/\\[^]|[^]/gu) ?? [];
  return units.toReversed().join('');
}
