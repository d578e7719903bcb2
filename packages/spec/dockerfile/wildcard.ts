import { InvalidArgument } from '#base';

/**
 * Matches a whole path against a wildcard pattern as Go's filepath.Match does: `*` and `?` stay within one path
 * element, `[a-z]` and `[^a-z]` are classes, `\` escapes. Throws InvalidArgument for a malformed pattern.
 */
export function matchPath(pattern: string, path: string): boolean {
  return compileWildcard(pattern).test(path);
}

/** The pattern as an expression, for matching many paths. */
export function compileWildcard(pattern: string): RegExp {
  const characters = Array.from(pattern);
  let source = '';
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '\\') source += RegExp.escape(characters[++at] ?? malformed());
    else if (character === '[') {
      const end = endOfClass(characters, at);
      source += classOf(characters.slice(at + 1, end));
      at = end;
    } else source += RegExp.escape(character);
  }
  return new RegExp(`^${source}$`, 'su');
}

/** True when a COPY source must be searched for: it holds a wildcard that is not escaped. */
export function hasWildcard(path: string): boolean {
  return /[*?[]/.test(path.replace(/\\[^]/g, ''));
}

function malformed(): never {
  throw new InvalidArgument('syntax error in pattern');
}

/** A `]` right after the opening bracket is malformed, as an escape at the end is. */
function endOfClass(characters: readonly string[], open: number): number {
  let at = open + 1;
  if (characters[at] === '^') at++;
  const first = at;
  while (characters[at] !== ']') {
    if (at >= characters.length) malformed();
    at += characters[at] === '\\' ? 2 : 1;
  }
  return at === first ? malformed() : at;
}

/** What stands between the brackets of a class, as an expression's class; it never matches a slash. */
export function classOf(inside: readonly string[]): string {
  const negated = inside[0] === '^';
  const members = [...rangesIn(negated ? inside.slice(1) : inside)];
  const ranges = members.map(([low, high]) => (low === high ? RegExp.escape(low) : `${RegExp.escape(low)}-${RegExp.escape(high)}`));
  return negated ? `(?!/)[^${ranges.join('')}]` : `[${ranges.join('')}]`;
}

function* rangesIn(inside: readonly string[]): Generator<[low: string, high: string]> {
  let at = 0;
  const one = (): string => {
    const character = inside[at++] ?? malformed();
    if (character === '-') malformed();
    return character === '\\' ? (inside[at++] ?? malformed()) : character;
  };
  while (at < inside.length) {
    const low = one();
    if (inside[at] !== '-') yield [low, low];
    else {
      at++;
      yield [low, one()];
    }
  }
}
