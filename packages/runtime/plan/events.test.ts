import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ending } from '#shim';
import { taskEvents } from './events.ts';

const ended = (code: number): Ending => ({ code, signal: 0, oom: false, at: 1 });
const now = (promise: Promise<unknown>): Promise<unknown> => Promise.race([promise, new Promise((wake) => setImmediate(wake, 'pending'))]);

test('ends are had before and after they are told', async () => {
  const events = taskEvents();
  const early = [events.ending(0), events.ending(7)];
  events.handlers.exited?.(0, ended(3));
  events.handlers.exited?.(7, ended(4));
  events.handlers.exited?.(8, ended(5));
  assert.deepEqual(await Promise.all([...early, events.ending(8)]), [ended(3), ended(4), ended(5)]);
});

test("the first process's end stays, an exec's is forgotten once it is had", async () => {
  const events = taskEvents();
  for (const process of [0, 7]) events.handlers.exited?.(process, ended(process));
  assert.deepEqual([await events.ending(0), await events.ending(0), await events.ending(7)], [ended(0), ended(0), ended(7)]);
  assert.equal(await now(events.ending(7)), 'pending');
});

test('a shim that goes without a word leaves nobody waiting, whoever asks later', async () => {
  const events = taskEvents();
  const early = events.ending(7);
  events.handlers.exited?.(0, ended(1));
  events.handlers.closed?.();
  assert.deepEqual([await early, await events.ending(0), await events.ending(9)], [undefined, ended(1), undefined]);
});
