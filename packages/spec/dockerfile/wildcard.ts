import { InvalidArgument } from '#base';
import { isNoSlash, literal, type Step, StepPattern } from './step-pattern.ts';

/**
 * Matches a whole path against a wildcard pattern as Go's filepath.Match does: `*` and `?` stay within one path
 * element, `[a-z]` and `[^a-z]` are classes, `\` escapes. Throws InvalidArgument for a malformed pattern.
 */
export function matchPath(pattern: string, path: string): boolean {
  return compileWildcard(pattern).test(path);
}

/** The pattern made ready, for matching many paths. */
export function compileWildcard(pattern: string): StepPattern {
  const characters = Array.from(pattern);
  const steps: Step[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') steps.push({ kind: 'many', fits: isNoSlash });
    else if (character === '?') steps.push({ kind: 'one', fits: isNoSlash });
    else if (character === '\\') steps.push(literal(characters[++at] ?? malformed()));
    else if (character === '[') {
      const end = endOfClass(characters, at);
      steps.push(classOf(characters.slice(at + 1, end)));
      at = end;
    } else steps.push(literal(character));
  }
  return new StepPattern(steps);
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

/** What stands between the brackets of a class; a negated one never matches a slash, and a range from high to low nothing. */
export function classOf(inside: readonly string[]): Step {
  const negated = inside[0] === '^';
  const ranges = [...rangesIn(negated ? inside.slice(1) : inside)].map((range) => range.map(codeOf) as [number, number]);
  const holds = (character: string): boolean => ranges.some(([low, high]) => low <= codeOf(character) && codeOf(character) <= high);
  return { kind: 'one', fits: (character) => (negated ? character !== '/' && !holds(character) : holds(character)) };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
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
