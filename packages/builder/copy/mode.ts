import { InvalidArgument } from '#base';
import type { ModeChange, ModeClause } from '#kernel';

const whoBits: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const clausesOfOne = /^[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+$/;

/**
 * `--chmod=755` as permission bits, `--chmod=u=rwX,go=rX` as clauses in the manner of chmod(1); undefined for ''. Throws
 * InvalidArgument for anything else, a number over 7777 too.
 */
export function modeOf(chmod: string): ModeChange | undefined {
  if (chmod === '') return undefined;
  if (/^[0-7]{1,5}$/.test(chmod) && parseInt(chmod, 8) <= 0o7777) return parseInt(chmod, 8);
  const parts = chmod.split(',');
  if (parts.every((part) => clausesOfOne.test(part))) return parts.flatMap(clausesIn);
  throw new InvalidArgument(`invalid chmod parameter: '${chmod}'. it should be octal string and between 0 and 07777`);
}

/** `u+r-w` is two clauses; with nobody named they are for all. */
function clausesIn(part: string): ModeClause[] {
  const who = /^[ugoa]*/.exec(part)?.[0] ?? '';
  const bits = Array.from(who || 'a', (letter) => whoBits[letter] ?? 0).reduce((sum, each) => sum | each, 0);
  return Array.from(part.slice(who.length).matchAll(/([-+=])([rwxXstugo]*)/g), ([, operator, permissions = '']) => ({
    who: bits, operator: operator as ModeClause['operator'], permissions,
  }));
}
