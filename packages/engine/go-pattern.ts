/**
 * Regular expressions as Go's regexp has them (RE2's syntax), which filters and log options are. They come from clients: matching
 * takes time linear in the text, where JavaScript's own engine may go back for ever.
 */
import { re2 } from '#base';

export interface GoPattern {
  /** True when the text has a match anywhere in it. */
  test(text: string): boolean;
}

/** Characters of an expression at most. */
const longest = 10_000;
/** Its steps at most, repetitions written out: compiling so many takes most of a second, in which nobody else is served. */
const mostSteps = 200_000;
/** And once compiled: each may be tried at each character of a text. */
const mostCompiled = 20_000;
/** RE2 refuses more, also of repetitions inside of each other. */
const mostRepeats = 1000;

/** What stands for itself, as nearly every filter does. */
const plain = /^[\w/:@ -]*$/;

/** Undefined for what does not compile. */
export function goPattern(text: string): GoPattern | undefined {
  if (plain.test(text)) return { test: (tested) => tested.includes(text) };
  if (text.length > longest || stepsOf(text) > mostSteps) return undefined;
  const { RE2JS, RE2JSSyntaxException } = re2();
  try {
    const compiled = RE2JS.compile(text);
    if (compiled.programSize() > mostCompiled) return undefined;
    return { test: (tested) => compiled.matcher(tested).find() };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return undefined;
    throw error;
  }
}

/** At most: as if each repetition were inside of every other. `\x{61}` and `\p{L}` are none. */
function stepsOf(text: string): number {
  const repetitions = text.matchAll(/(?<!(?<!\\)(?:\\\\)*\\[xpP])\{(\d+)(?:,(\d*))?\}/g);
  const times = repetitions.reduce((product, [, least, most]) => product * Math.max(1, Number(most || least)), 1);
  return text.length * Math.min(times, mostRepeats);
}
