/** `KEY=VALUE` texts as a record; a key alone has the empty value, a key given twice its last. */
export function pairsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf('=');
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  }));
}
