import { InvalidArgument } from '#base';
import { trimPrefix, trimSuffix } from './shell-pattern.ts';

/** `${name<operator>word}` once its parts are read. */
export interface Modification {
  readonly name: string;
  /** undefined: the environment has no such name. */
  readonly value: string | undefined;
  /** What stands after the operator, already expanded. */
  readonly word: string;
  readonly operator: string;
  /** The operator as written, for messages: `:-`. */
  readonly written: string;
  /** With a colon an empty value counts as unset. */
  readonly emptyIsUnset: boolean;
}

/** The text that stands for `${name…}`; throws InvalidArgument for `?` on what is not there and for unknown operators. */
export function modify({ name, value, word, operator, written, emptyIsUnset }: Modification): string {
  const unset = value === undefined || (emptyIsUnset && value === '');
  switch (operator) {
    case '-':
      return unset ? word : value;
    case '+':
      return unset ? '' : word;
    case '?':
      if (!unset) return value;
      throw new InvalidArgument(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
    case '#':
    case '%': {
      const greedy = word.startsWith(operator);
      const pattern = greedy ? word.slice(1) : word;
      return (operator === '#' ? trimPrefix : trimSuffix)(pattern, value ?? '', greedy);
    }
    default:
      throw new InvalidArgument(`unsupported modifier (${written}) in substitution`);
  }
}
