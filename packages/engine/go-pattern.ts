/**
 * Regular expressions as Go's regexp reads them (RE2's syntax), brought to JavaScript's: flags before an expression,
 * classes by name, `\A`, `\z`, `\Q…\E`, named groups. What Go has not (look-around, back references) is no expression.
 */

const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7f', blank: '\\t ', cntrl: '\\x00-\\x1f\\x7f', digit: '0-9', graph: '!-~',
  lower: 'a-z', print: ' -~', punct: '!-\\/:-@\\[-`{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
};

/** Undefined for what does not compile. */
export function goPattern(text: string): RegExp | undefined {
  const [, given = ''] = /^\(\?([imsU]+)\)/.exec(text) ?? [];
  if (given.includes('U')) return undefined; // greediness turned around: JavaScript has no such flag
  const body = given === '' ? text : text.slice(given.length + 3);
  if (/(?<!\\)(?:\\\\)*(?:\\[1-9]|\(\?(?:=|!|<[=!]))/.test(body)) return undefined;
  try {
    const expression = new RegExp(translated(body), /\\[pP]/.test(body) ? `u${given}` : given);
    expression.test(''); // one that is too large is told only here
    return expression;
  } catch {
    return undefined;
  }
}

function translated(body: string): string {
  return body
    .replace(/\\Q(.*?)(?:\\E|$)/gs, (_, literal: string) => literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .replace(/\(\?P</g, '(?<')
    .replace(/\[:(\^?)([a-z]+):\]/g, (whole, negated: string, name: string) => (negated === '' && classes[name] !== undefined ? classes[name] : whole))
    .replace(/\\A/g, '(?<![\\s\\S])')
    .replace(/\\z/g, '(?![\\s\\S])')
    .replace(/\\([pP])([A-Z])/g, '\\$1{$2}')
    .replace(/\\a/g, '\\x07');
}
