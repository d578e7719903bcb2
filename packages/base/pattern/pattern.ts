/**
 * Regular expressions as Go's regexp has them (RE2's syntax), which filters and log options are. They come from clients: matching takes
 * time linear in the text, where JavaScript's own engine may go back for ever.
 *
 *   text ─ parse ─▶ tree ─ compile ─▶ program ─ matches ─▶ yes or no
 */
import { parse } from './parse.ts';
import { compile, matches } from './program.ts';
import { BadPattern } from './tree.ts';

export interface GoPattern {
  /** True when the text has a match anywhere in it. */
  test(text: string): boolean;
}

/** Characters of an expression at most. */
const longest = 100_000;

/** Undefined for what does not compile. */
export function goPattern(text: string): GoPattern | undefined {
  if (text.length > longest) return undefined;
  try {
    const program = compile(parse(text));
    return { test: (tested) => matches(program, tested) };
  } catch (error) {
    if (error instanceof BadPattern) return undefined;
    throw error;
  }
}
