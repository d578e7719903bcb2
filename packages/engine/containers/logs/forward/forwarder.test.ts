import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPosition } from '../reader.ts';
import { Forwarder, type Delivery } from './forwarder.ts';

const directory = mkdtempSync(join(tmpdir(), 'forward-'));
after(() => rmSync(directory, { recursive: true }));
const written = (...texts: string[]): string => texts.map((text) => `${JSON.stringify({ log: text, stream: 'stdout', time: '2026-11-22T00:00:00Z' })}\n`).join('');

/** Forwards a file of `name` to a receiver whose first `failures` attempts fail, once `up` resolves. */
function forward(name: string, from: LogPosition | undefined, failures = 0, delivery: Partial<Delivery> = {}, up?: () => Promise<void>, save: (position: LogPosition) => void = () => undefined) {
  const taken: string[] = [];
  const told: string[] = [];
  let position = from;
  let left = failures;
  const forwarder = new Forwarder({
    source: { path: join(directory, name), maxFiles: 3 },
    from,
    receiver: {
      async send(lines) {
        await up?.();
        if (left-- > 0) throw new Error('down');
        taken.push(...lines.map(({ text, partial }) => (partial ? `${text.length}#${partial.ordinal}${partial.last ? '.' : ''}` : text)));
      },
      [Symbol.dispose]() {},
    },
    delivery: { bufferBytes: undefined, attempts: Number.POSITIVE_INFINITY, retryDelay: 1, ...delivery },
    save(saved) {
      save(saved);
      position = saved;
    },
    log: (_, text) => void told.push(text),
    name,
  });
  return { forwarder, taken, told, position: () => position };
}

test('goes on where it stopped, across a rotation, after failures', async () => {
  writeFileSync(join(directory, 'a'), written('1\n', '2\n'));
  const first = forward('a', undefined);
  first.forwarder.finish();
  await first.forwarder.done;
  appendFileSync(join(directory, 'a'), written('3\n'));
  renameSync(join(directory, 'a'), join(directory, 'a.1'));
  writeFileSync(join(directory, 'a'), written('4\n', '5'));
  const second = forward('a', first.position(), 3);
  second.forwarder.finish();
  await second.forwarder.done;
  assert.deepEqual([first.taken, second.taken], [['1', '2'], ['3', '4', '5']]);
});

test('a place that cannot be stored ends nothing, and is told of once', async () => {
  writeFileSync(join(directory, 'full'), written(...Array.from({ length: 600 }, (_, index) => `${index}\n`)));
  const { forwarder, taken, told } = forward('full', undefined, 0, {}, undefined, () => {
    throw new Error('database or disk is full');
  });
  forwarder.finish();
  await forwarder.done;
  assert.equal(taken.length, 600);
  assert.deepEqual(told, ['log of container full: how far it is handed over cannot be stored: database or disk is full']);
});

test('a batch that nobody takes is given up after so many attempts', async () => {
  writeFileSync(join(directory, 'b'), written('1\n'));
  const given = forward('b', undefined, 5, { attempts: 3 });
  given.forwarder.finish();
  await given.forwarder.done;
  assert.deepEqual(given.taken, []);
  assert.notEqual(given.position(), undefined);
});

test('a bounded buffer drops the oldest while the receiver is down', async () => {
  writeFileSync(join(directory, 'c'), written(...Array.from({ length: 2000 }, (_, index) => `${String(index).padStart(9, '0')}\n`)));
  const { forwarder, taken } = forward('c', undefined, 1, { bufferBytes: 1000 }, () => closed(join(directory, 'c')));
  forwarder.finish();
  await forwarder.done;
  assert.ok(taken.length < 1000 && taken.at(-1) === '000001999', `${taken.length} lines, ${taken.at(-1)}`);
});

/** Resolves when nothing in this process has the file open: all of it has been read. */
async function closed(path: string): Promise<void> {
  const links = (): string[] => readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`).filter(existsSync).map((fd) => readlinkSync(fd));
  while (links().includes(path)) await sleep(1);
}

test('pieces of a long line know each other', async () => {
  writeFileSync(join(directory, 'd'), written('x'.repeat(16_384), 'y'.repeat(16_384), 'z\n', 'short without an end'));
  const { forwarder, taken } = forward('d', undefined);
  forwarder.finish();
  await forwarder.done;
  assert.deepEqual(taken, ['16384#1', '16384#2', '1#3.', 'short without an end']);
});
