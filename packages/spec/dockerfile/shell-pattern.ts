import { InvalidArgument, re2 } from '#base';

/** Characters of a value times those of a pattern: as many take some tenths of a second, in which the daemon does nothing else. */
const mostSteps = 20_000_000;

/**
 * The wildcards of `${name#pattern}` and `${name/pattern/text}`: `*` any text, `?` one character, `\` escapes them
 * (POSIX shell pattern matching without bracket expressions). Gives an expression's source.
 */
function sourceOf(pattern: string, greedy: boolean): string {
  const characters = Array.from(pattern);
  let source = '';
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') source += greedy ? '.*' : '.*?';
    else if (character === '?') source += '.';
    else if (character !== '\\') source += re2().RE2JS.quote(character);
    else if (!'}/'.includes(characters[at + 1] ?? ' ')) source += escaped(characters[++at], pattern);
  }
  return source;
}

function escaped(character: string | undefined, pattern: string): string {
  if (character !== undefined && '*?\\'.includes(character)) return `\\${character}`;
  throw new InvalidArgument(`invalid pattern (${pattern}) in substitution: invalid escape '\\${character ?? ''}'`);
}

function refuseLong(pattern: string, value: string): void {
  if (pattern.length * value.length > mostSteps) throw new InvalidArgument(`a pattern of ${pattern.length} characters in substitution is too long for a value of ${value.length}`);
}

/** Removes the shortest (`greedy`: longest) match of `pattern` at the start of `value`. */
export function trimPrefix(pattern: string, value: string, greedy: boolean): string {
  refuseLong(pattern, value);
  const matcher = re2().RE2JS.compile(`^${sourceOf(pattern, greedy)}`).matcher(value);
  return matcher.find() ? value.slice(matcher.end()) : value;
}

/**
 * Removes the shortest (`greedy`: longest) match of `pattern` at the end of `value`. Expressions search from the left,
 * so both are turned round.
 */
export function trimSuffix(pattern: string, value: string, greedy: boolean): string {
  return reversed(trimPrefix(reversedPattern(pattern), reversed(value), greedy));
}

/** Replaces the first match of `pattern`, or `all`; an empty one right behind another is none, as in Go. */
export function replacePattern(pattern: string, value: string, replacement: string, all: boolean): string {
  refuseLong(pattern, value);
  const matcher = re2().RE2JS.compile(sourceOf(pattern, true)).matcher(value);
  const parts: string[] = [];
  let end: number | undefined;
  while ((all || end === undefined) && matcher.find()) {
    if (matcher.start() === matcher.end() && matcher.start() === end) continue;
    parts.push(value.slice(end ?? 0, matcher.start()), replacement);
    end = matcher.end();
  }
  return parts.join('') + value.slice(end ?? 0);
}

const reversed = (text: string): string => Array.from(text).toReversed().join('');

/** Turns a pattern round, each escape staying before what it escapes: `a\*c` becomes `c\*a`. */
function reversedPattern(pattern: string): string {
  const units = pattern.match(/\\[^]|[^]/gu) ?? [];
  return units.toReversed().join('');
}
