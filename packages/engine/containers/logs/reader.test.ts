import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { appendFile, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fixedTime, nanosecondsOf } from './entry.ts';
import { readLog, type ReadLog } from './reader.ts';

const lineOf = (n: number): string => `${JSON.stringify({ log: `line ${n}\n`, stream: n % 2 ? 'stdout' : 'stderr', time: `2026-11-22T00:00:${String(n % 60).padStart(2, '0')}.5Z` })}\n`;
const linesOf = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, i) => lineOf(from + i)).join('');

/** How many files this process has open whose names begin so. */
function openBelow(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false; // the listing's own
    }
  }).length;
}

describe('reading a json-file log', () => {
  let directory: string;
  let path: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'log-'));
    path = join(directory, 'c-json.log');
    await writeFile(`${path}.2`, linesOf(1, 10));
    await writeFile(`${path}.1`, linesOf(11, 20));
    await writeFile(path, linesOf(21, 30));
  });
  after(() => rm(directory, { recursive: true }));

  const read = async (more: Partial<ReadLog> = {}): Promise<string[]> =>
    (await Array.fromAsync(readLog({ path, maxFiles: 3, signal: new AbortController().signal, ...more }))).map((entry) => entry.text.trim());

  test('reads rotated files oldest first', async () => {
    assert.deepEqual(await read(), Array.from({ length: 30 }, (_, i) => `line ${i + 1}`));
  });

  test('finds the tail across files', async () => {
    assert.deepEqual(await read({ tail: 12 }), Array.from({ length: 12 }, (_, i) => `line ${i + 19}`));
    assert.deepEqual(await read({ tail: 10 }), Array.from({ length: 10 }, (_, i) => `line ${i + 21}`));
    assert.deepEqual(await read({ tail: 0 }), []);
    assert.equal((await read({ tail: 100 })).length, 30);
  });

  test('keeps to since and until', async () => {
    const at = (second: number): bigint => nanosecondsOf(`2026-11-22T00:00:${second}Z`);
    assert.deepEqual(await read({ since: at(28), until: at(30) }), ['line 28', 'line 29']);
  });

  test('begins anew in a file that has only the inode of the one that was being read', async () => {
    const other = join(directory, 'other.log');
    await writeFile(other, linesOf(1, 3));
    const { ino: inode } = await stat(other, { bigint: true });
    const from = (offset: number): Promise<string[]> => read({ path: other, from: { inode, offset } });
    assert.deepEqual(await from(lineOf(1).length), ['line 2', 'line 3']);
    assert.deepEqual(await from(lineOf(1).length + 5), ['line 1', 'line 2', 'line 3']);
    assert.deepEqual(await from(10_000), ['line 1', 'line 2', 'line 3']);
  });

  test('passes over a line cut short', async () => {
    const cut = join(directory, 'cut.log');
    await writeFile(cut, `${lineOf(1)}{"log":"half\n${lineOf(2)}{"log":"no newline yet`);
    assert.deepEqual(await read({ path: cut }), ['line 1', 'line 2']);
  });

  test('follows through rotations until the end', async () => {
    const growing = join(directory, 'growing.log');
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const seen = read({ path: growing, ended });
    await writeFile(growing, linesOf(1, 3));
    await rename(growing, `${growing}.1`);
    await writeFile(growing, linesOf(4, 5));
    await appendFile(growing, linesOf(6, 6));
    end();
    assert.deepEqual(await seen, Array.from({ length: 6 }, (_, i) => `line ${i + 1}`));
  });

  test('keeps no rotated file open that it has read: it would fill the disk', async () => {
    const turning = join(directory, 'turning.log');
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    await writeFile(turning, lineOf(1));
    const most = { open: 0 };
    let line = 1;
    for await (const entry of readLog({ path: turning, maxFiles: 1, ended, signal: new AbortController().signal })) {
      assert.equal(entry.text, `line ${line}\n`);
      most.open = Math.max(most.open, openBelow(turning));
      if (line === 20) end();
      else {
        await rename(turning, `${turning}.1`);
        await writeFile(turning, lineOf(++line));
      }
    }
    assert.equal(line, 20);
    assert.ok(most.open <= 2, `${most.open} open`);
    assert.equal(openBelow(turning), 0);
  });

  test('ends when the reader goes away', async () => {
    const gone = new AbortController();
    const seen = read({ ended: new Promise(() => {}), signal: gone.signal });
    setImmediate(() => gone.abort());
    await seen;
  });
});

test('times are padded to nine digits', () => {
  assert.equal(fixedTime('2026-11-21T23:37:45.75Z'), '2026-11-21T23:37:45.750000000Z');
  assert.equal(fixedTime('2026-11-21T23:37:45Z'), '2026-11-21T23:37:45.000000000Z');
});
