import { InvalidArgument } from '#base';

/**
 * Go's path.Match: `*` and `?` stay within one path component, `[a-z]` and `[^a]` are classes, `\` takes the next
 * character as it is. Throws InvalidArgument ("syntax error in pattern").
 */
export function globPattern(pattern: string): RegExp {
  const token = /\\([\s\S])|\[(\^?)((?:\\[\s\S]|[^\]\\])+)\]|([*?])|([\s\S])/gy;
  let source = '';
  for (let found = token.exec(pattern); found; found = token.exec(pattern)) source += sourceOf(found);
  return new RegExp(`^${source}$`, 'u');
}

function sourceOf([, escaped, negated, members, wildcard, literal]: RegExpExecArray): string {
  if (wildcard) return wildcard === '*' ? '[^/]*' : '[^/]';
  if (members !== undefined) return `[${negated}${members}]`;
  const character = escaped ?? literal ?? '';
  if (escaped === undefined && (character === '[' || character === '\\')) throw new InvalidArgument('syntax error in pattern');
  return RegExp.escape(character);
}
