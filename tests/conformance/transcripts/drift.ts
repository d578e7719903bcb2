/** Differences from the recording that are meant, each with its reason. Lines are those that a comparison prints. */
export const drift: readonly (readonly [RegExp, string])[] = [];
