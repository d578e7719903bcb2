/** Cuts text to what fits, as Docker's tables do. */

/** Cuts to `width` columns of a terminal, the last being `…` when something was cut. */
export function ellipsis(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let taken = '';
  let columns = 0;
  for (const character of text) {
    const next = columns + characterWidth(character);
    if (next > width - 1) break;
    taken += character;
    columns = next;
  }
  return `${taken}…`;
}

/** How many columns of a terminal the text takes. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

/** Characters of two columns; compiled only for text that is not ASCII. */
const isWide = (character: string): boolean => /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u.test(character);

function characterWidth(character: string): number {
  if (character < '\x7f' || character === '…') return 1;
  if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) return 0;
  return isWide(character) ? 2 : 1;
}

/** The first 12 digits of an id, its algorithm left out. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}
