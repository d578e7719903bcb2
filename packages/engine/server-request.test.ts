import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { readWhole } from './server-request.ts';

test('a body that was cut off is told so, also to who comes after that', async () => {
  const early = new IncomingMessage(new Socket());
  const reading = readWhole(early, 10, 'too long');
  early.destroy();
  await assert.rejects(reading, { name: 'InvalidArgument', message: 'http: the request was cut off' });
  await assert.rejects(readWhole(early, 10, 'too long'), { message: 'http: the request was cut off' });
});
