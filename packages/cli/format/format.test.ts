import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNaturally } from './natural-order.ts';
import { formatList, type ListFormat } from './table.ts';
import { tabulate } from './tabwriter.ts';
import { displayWidth, ellipsis, shortId } from './text.ts';
import { goTimeOf, parseTime } from './time.ts';
import { binarySize, humanDuration, parseSize } from './units.ts';

test('columns are as wide as their widest cell, runs of lines apart', () => {
  assert.equal(tabulate('A\tB\tC\naaaaaaaaaaaa\tb\tc\n', { minWidth: 10, padding: 3 }), 'A              B         C\naaaaaaaaaaaa   b         c\n');
  assert.equal(tabulate('日本\tb\nabcde…\tc\n', { minWidth: 0, padding: 1 }), '日本   b\nabcde… c\n');
  assert.equal(tabulate('a\tb\nplain\nlong cell\tb\n', { minWidth: 0, padding: 1 }), 'a b\nplain\nlong cell b\n');
});

test('tables, templates and JSON of rows', () => {
  const format: ListFormat = { type: '*T', headings: { Name: 'NAME', Size: 'SIZE' }, table: 'table {{.Name}}\t{{.Size}}' };
  const rows = [{ Name: 'a<b', Size: '1B', Label: (key: string) => key }];
  assert.equal(formatList(format, rows, 'table'), 'NAME      SIZE\na<b       1B\n');
  assert.equal(formatList(format, rows, 'json'), '{"Name":"a\\u003cb","Size":"1B"}\n');
  assert.equal(formatList(format, rows, 'table {{upper .Name}}\\t{{.Label "x.my-label"}}'), 'NAME      my label\nA<B       x.my-label\n');
  assert.throws(() => formatList(format, rows, '{{.Nope}}'), { message: 'template parsing error: template: :1:2: executing "" at <.Nope>: can\'t evaluate field Nope in type *T' });
});

test('text is cut to columns, wide characters counting two', () => {
  assert.equal(ellipsis('sh -c "a long command"', 10), 'sh -c "a …');
  assert.equal(displayWidth('나루a'), 5);
  assert.equal(ellipsis('나루나루', 5), '나루…');
  assert.equal(shortId(`sha256:${'1234567890'.repeat(6)}`), '123456789012');
});

test('durations and sizes as people read them', () => {
  const told: [number, string][] = [[0.4, 'Less than a second'], [1, '1 second'], [59, '59 seconds'], [60, 'About a minute'], [3000, '50 minutes'], [3600, 'About an hour'], [47 * 3600, '47 hours'], [50 * 3600, '2 days'], [15 * 86400, '2 weeks'], [70 * 86400, '2 months'], [800 * 86400, '2 years']];
  for (const [seconds, text] of told) assert.equal(humanDuration(seconds), text);
  assert.deepEqual([0, 1023, 1024, 25325268992].map(binarySize), ['0B', '1023B', '1KiB', '23.59GiB']);
  assert.deepEqual(['100', '64m', '1.5 GiB', '1KB', '0'].map(parseSize), [100, 67108864, 1610612736, 1024, 0]);
  for (const [text, message] of [['abc', "invalid size: 'abc'"], ['5x', "invalid suffix: 'x'"], ['-5', "invalid size: '-5'"]] as const) assert.throws(() => parseSize(text), { message });
});

test('times before now, Unix times and dates', () => {
  assert.equal(parseTime('1h', 7_200_000), '3600');
  assert.equal(parseTime('1795304336.5', 0), '1795304336.5');
  assert.equal(parseTime('2026-01-01T00:00:00.5Z', 0), '1767225600.500000000');
  assert.throws(() => parseTime('xx', 0), { message: 'failed to parse value as time or duration: "xx"' });
  assert.equal(goTimeOf('2026-11-21T22:44:36.332345904Z'), '2026-11-21 22:44:36.332345904 +0000 UTC');
  assert.equal(goTimeOf('2026-11-21T22:44:36+09:00'), '2026-11-21 22:44:36 +0900 +0900');
});

test('numbers in names count as numbers', () => {
  assert.deepEqual(['c10', 'c2', '80/tcp', '443/tcp'].sort(compareNaturally), ['80/tcp', '443/tcp', 'c2', 'c10']);
});
