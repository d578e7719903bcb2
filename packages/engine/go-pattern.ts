/**
 * Regular expressions as Go's regexp has them (RE2's syntax), which filters and log options are. They come from clients: matching
 * takes time linear in the text, where JavaScript's own engine may go back for ever.
 */
import { createRequire } from 'node:module';

export interface GoPattern {
  /** True when the text has a match anywhere in it. */
  test(text: string): boolean;
}

/** Characters of an expression at most: one of that length may take most of a second to compile. */
const longest = 10_000;

/** What stands for itself, as nearly every filter does. */
const plain = /^[\w/:@ -]*$/;

/** Undefined for what does not compile. */
export function goPattern(text: string): GoPattern | undefined {
  if (plain.test(text)) return { test: (tested) => tested.includes(text) };
  if (text.length > longest) return undefined;
  const { RE2JS, RE2JSSyntaxException } = re2();
  try {
    const compiled = RE2JS.compile(text);
    return { test: (tested) => compiled.matcher(tested).find() };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return undefined;
    throw error;
  }
}

let loaded: typeof import('re2js') | undefined;

/** At the first expression that needs it: it takes longer to load than a list. */
function re2(): typeof import('re2js') {
  return (loaded ??= createRequire(import.meta.url)('re2js') as typeof import('re2js'));
}
