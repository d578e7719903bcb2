/** JSON as Go's encoder writes it, so that bytes on the wire are what Docker's clients were built against. */

const escapes: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };

/** One value and a newline, as answers have it: nothing is escaped but what JSON asks for and the two line separators. */
export function encodeAnswer(value: unknown): string {
  return `${JSON.stringify(value).replace(/[\u2028\u2029]/g, (character) => escapes[character] ?? character)}\n`;
}

/** As streams have it: one value and a newline; `<`, `>`, `&` and the two line separators escaped. */
export function encodeJson(value: unknown): string {
  return `${JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)}\n`;
}
