import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonComplaint } from './json.ts';

test('what is nested without end is refused, not followed', () => {
  for (const piece of ['[', '{"a":']) {
    const complaint = jsonComplaint(piece.repeat(20_000));
    assert.deepEqual(complaint, { kind: 'syntax', message: `invalid character '${piece[0]}' exceeded max depth` });
  }
});

test('a text that is no JSON is refused in the words of the decoder that clients know', () => {
  const rows: readonly [text: string, complaint: string][] = [
    ['{invalid', "invalid character 'i' looking for beginning of object key string"],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['"a" x', 'trailing 3'],
    ['{} more', 'trailing 2'],
    ['{"a"', 'unfinished'],
    ['', 'unfinished'],
    ['[1', 'unfinished'],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 2}', "invalid character '2' after object key:value pair"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ["['a']", "invalid character '\\'' looking for beginning of value"],
    ['[tru]', "invalid character ']' in literal true (expecting 'e')"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['[-]', "invalid character ']' in numeric literal"],
    ['[1.]', "invalid character ']' after decimal point in numeric literal"],
    ['[1e+]', "invalid character ']' in exponent of numeric literal"],
    ['[01]', "invalid character '1' after array element"],
    ['{"é":é}', "invalid character 'Ã' looking for beginning of value"],
  ];
  for (const [text, expected] of rows) {
    assert.throws(() => JSON.parse(text), text);
    const found = jsonComplaint(text);
    assert.equal(found.kind === 'syntax' ? found.message : found.kind === 'trailing' ? `trailing ${found.end}` : found.kind, expected, text);
  }
});
