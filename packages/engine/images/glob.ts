import { InvalidArgument } from '#base';
import { goPattern, type GoPattern } from '../go-pattern.ts';

/**
 * Go's path.Match: `*` and `?` stay within one path component, `[a-z]` and `[^a]` are classes, `\` takes the next
 * character as it is. Throws InvalidArgument ("syntax error in pattern").
 */
export function globPattern(pattern: string): GoPattern {
  const characters = Array.from(pattern);
  let source = '';
  while (characters.length > 0) source += next(characters);
  const compiled = goPattern(`\\A${source}\\z`);
  if (!compiled) throw new InvalidArgument('syntax error in pattern'); // too large
  return compiled;
}

function next(characters: string[]): string {
  const character = characters.shift();
  if (character === '*') return '[^/]*';
  if (character === '?') return '[^/]';
  if (character === '[') return classOf(characters);
  return coded(character === '\\' ? taken(characters) : (character ?? ''));
}

/** A range from high to low has nobody in it, and is no error. */
function classOf(characters: string[]): string {
  const negated = characters[0] === '^';
  if (negated) characters.shift();
  const ranges: string[] = [];
  for (let first = true; first || characters[0] !== ']'; first = false) {
    const low = member(characters);
    let high = low;
    if (characters[0] === '-') {
      characters.shift();
      high = member(characters);
    }
    if ((low.codePointAt(0) ?? 0) <= (high.codePointAt(0) ?? 0)) ranges.push(`${coded(low)}-${coded(high)}`);
  }
  characters.shift();
  if (ranges.length === 0) return negated ? '[\\x00-\\x{10ffff}]' : '[^\\x00-\\x{10ffff}]';
  return `[${negated ? '^' : ''}${ranges.join('')}]`;
}

function member(characters: string[]): string {
  const character = taken(characters);
  if (character === '-' || character === ']') throw new InvalidArgument('syntax error in pattern');
  return character === '\\' ? taken(characters) : character;
}

function taken(characters: string[]): string {
  const character = characters.shift();
  if (character === undefined) throw new InvalidArgument('syntax error in pattern');
  return character;
}

function coded(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
