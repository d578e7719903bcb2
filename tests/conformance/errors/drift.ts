/** Where the ledger's daemon cannot be met word for word, and why. Nothing else may differ. */

/** Not run at all. */
export const skipped: Readonly<Record<string, string>> = {
  'cli-24': 'API 1.50 is not too new here',
  'container-21': 'the recording removed a container that had ended by itself a moment before',
  'container-48': 'runC\'s own words for a kernel\'s refusal; Naru refuses before, in Docker\'s',
  'container-60': 'the client logs or not, depending on which side of a pipe closes first',
  'container-61': 'the client logs or not, depending on which side of a pipe closes first',
  'registry-10': 'Naru refuses an image of another platform before it pulls it',
  'run-45': 'continues the mistake before it, which other tests cover',
};

/** What a newer daemon, or Naru, says instead; put into the expectation. */
export const reworded: Readonly<Record<string, { readonly from: string; readonly to: string; readonly why: string }>> = {
  'run-22': { from: 'Range of CPUs', to: 'range of CPUs', why: 'daemons since 28 write it small' },
};

/** Patterns of text in the expectation that another machine cannot reproduce. */
export const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/203\.0\.113\.53/, 'the recording had no network at all; here the look-up fails in other words'],
  [/10\.255\.255\.254/, 'routes of the recording\'s machine'],
];
