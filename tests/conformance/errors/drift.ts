/** Where the ledger's daemon cannot be met word for word, and why. Nothing else may differ. */

/** Not run at all. */
export const skipped: Readonly<Record<string, string>> = {
  'cli-24': 'API 1.50 is not too new here',
  'container-21': 'the recording removed a container that had ended by itself a moment before',
  'run-45': 'continues the mistake before it, which other tests cover',
};

/** Patterns of text in the expectation that another machine cannot reproduce. */
export const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/203\.0\.113\.53/, 'the recording had no network at all; here the look-up fails in other words'],
  [/10\.255\.255\.254/, 'routes of the recording\'s machine'],
];
