import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineGatherer } from './gather.ts';

test('pieces of a line are joined, streams are kept in order', () => {
  const sent: [number, string][] = [];
  const gatherer = new LineGatherer((stream, text) => sent.push([stream, text]));
  gatherer.write(2, 'a: ');
  gatherer.write(2, 'not found\n');
  gatherer.write(1, 'half');
  gatherer.write(2, 'x\ny');
  gatherer.flush();
  gatherer.flush();
  assert.deepEqual(sent, [[2, 'a: not found\n'], [1, 'half'], [2, 'x\ny']]);
});

test('an unfinished line does not wait for ever', async () => {
  const sent: string[] = [];
  new LineGatherer((_stream, text) => sent.push(text)).write(1, '50%\r');
  assert.deepEqual(sent, []);
  await sleep(60);
  assert.deepEqual(sent, ['50%\r']);
});
