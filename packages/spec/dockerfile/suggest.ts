/** Adds ` (did you mean X?)` when one of `options` is within two edits of what was written, in the case it was written. */
export function withSuggestion(message: string, written: string, options: readonly string[], caseMatters: boolean): string {
  const fold = (text: string): string => (caseMatters ? text : text.toLowerCase());
  let best: string | undefined;
  let nearest = 3;
  for (const option of options) {
    const distance = editDistance(fold(written), fold(option));
    if (distance === 0) return message;
    if (distance < nearest) [best, nearest] = [option, distance];
  }
  return best === undefined ? message : `${message} (did you mean ${caseMatters ? best : inCaseOf(written, best)}?)`;
}

function inCaseOf(written: string, option: string): string {
  return written === written.toUpperCase() && written !== written.toLowerCase() ? option.toUpperCase() : option.toLowerCase();
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
