import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressMessage } from '#spec';
import { errorMessage } from './output.ts';
import { reportTo } from './report.ts';

test('counts of one layer are thinned out, its states and its end are not', () => {
  const lines: ProgressMessage[] = [];
  let now = 0;
  const report = reportTo({ write: (line) => void lines.push(line) }, () => now);
  report({ kind: 'message', id: '1', text: 'Pulling from led/pp' });
  report({ kind: 'progress', id: 'a', action: 'Pulling fs layer', current: 0, total: 0 });
  for (const [at, current] of [[0, 10], [50, 20], [99, 30], [100, 40], [101, 100]] as const) {
    now = at;
    report({ kind: 'progress', id: 'a', action: 'Downloading', current, total: 100 });
  }
  report({ kind: 'progress', id: 'b', action: 'Downloading', current: 5, total: 100 });
  assert.deepEqual(lines.map((line) => [line.id, line.status, line.progressDetail?.current]), [
    ['1', 'Pulling from led/pp', undefined],
    ['a', 'Pulling fs layer', undefined],
    ['a', 'Downloading', 10],
    ['a', 'Downloading', 40],
    ['a', 'Downloading', 100],
    ['b', 'Downloading', 5],
  ]);
});

test('a state without counts has an empty progressDetail, a message has none', () => {
  const lines: ProgressMessage[] = [];
  const report = reportTo({ write: (line) => void lines.push(line) });
  report({ kind: 'message', text: 'Digest: x' });
  report({ kind: 'progress', id: 'a', action: 'Pull complete', current: 0, total: 0 });
  report({ kind: 'aux', value: { Tag: '1' } });
  assert.deepEqual(lines, [
    { status: 'Digest: x' },
    { status: 'Pull complete', progressDetail: {}, id: 'a' },
    { progressDetail: {}, aux: { Tag: '1' } },
  ]);
});

test('an error carries the exit code of the step that failed', () => {
  assert.deepEqual(errorMessage(Object.assign(new Error('x'), { exitCode: 3 })), { errorDetail: { code: 3, message: 'x' }, error: 'x' });
  assert.deepEqual(errorMessage(new Error('y')), { errorDetail: { message: 'y' }, error: 'y' });
});
