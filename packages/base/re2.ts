/**
 * RE2's regular expressions, for patterns and texts that come from clients: matching takes time linear in the text, where
 * JavaScript's own engine may go back for ever.
 */
import { createRequire } from 'node:module';

let loaded: typeof import('re2js') | undefined;

/** Loaded when it is first needed: that takes longer than to answer a list. */
export function re2(): typeof import('re2js') {
  return (loaded ??= createRequire(import.meta.url)('re2js') as typeof import('re2js'));
}
