import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMoment } from './moment.ts';

const now = Date.UTC(2026, 0, 1);

test('reads a time in every form that has a zone', () => {
  assert.equal(parseMoment('2006-01-02T15:04:05Z', now), '1136214245.000000000');
  assert.equal(parseMoment('2006-01-02T15:04:05.5Z', now), '1136214245.500000000');
  assert.equal(parseMoment('2006-01-02T15:04+02:00', now), '1136207040.000000000');
  assert.equal(parseMoment('2006-01-02T15:04:05-07:30', now), '1136241245.000000000');
  assert.equal(parseMoment('2006-01-02Z', now), '1136160000.000000000');
  assert.equal(parseMoment('0001-01-01T00:00:00Z', now), '-62135596800.000000000');
});

test('a time without a zone is one of this machine', () => {
  const local = (...parts: [number, number, number, number?, number?]): string => `${new Date(...parts).getTime() / 1000}.000000000`;
  assert.equal(parseMoment('2024-02-29', now), local(2024, 1, 29));
  assert.equal(parseMoment('2024-02-29T15', now), local(2024, 1, 29, 15));
  assert.equal(parseMoment('2024-02-29T15:04', now), local(2024, 1, 29, 15, 4));
});

test('says what is wrong in the words of Go', () => {
  const refused: [string, string][] = [
    ['2006-01-02T15:04:0Z', ' as "2006-01-02T15:04:05Z07:00": cannot parse "0Z" as "05"'],
    ['2006-02-30', ': day out of range'],
    ['2006-13-01', ': month out of range'],
    ['2006-01-02T25', ': hour out of range'],
    ['a-b', ' as "2006-01-02": cannot parse "a-b" as "2006"'],
    ['2006-01-02T15:04:05x', ': extra text: "x"'],
  ];
  for (const [text, complaint] of refused) assert.throws(() => parseMoment(text, now), { message: `parsing time "${text}"${complaint}` });
});
