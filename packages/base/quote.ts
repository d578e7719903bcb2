const named: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/**
 * Quotes text as Go's `%q` does (strconv.Quote), the form in which Docker's messages and image histories show strings:
 * double quotes, named escapes, `\x..`, `\u....` or `\U........` for what cannot be printed.
 */
export function quote(text: string): string {
  return `"${Array.from(text, quoteCharacter).join('')}"`;
}

function quoteCharacter(character: string): string {
  const escape = named[character];
  if (escape !== undefined) return escape;
  if (isPrintable(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** Beyond ASCII Unicode's tables decide: an expression that takes a millisecond to compile, so it waits until it is needed. */
function isPrintable(character: string): boolean {
  if (character <= '~') return character >= ' ';
  if (character === '…') return true; // what shortened text ends in
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}
