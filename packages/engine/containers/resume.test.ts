import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleHostConfig, exampleRecord } from '../fakes.ts';
import { inNeedOrder } from './resume.ts';

test('what others link to or join comes before them, and a circle is no end', () => {
  const record = (id: string, change: object) => exampleRecord({ id, name: `named-${id}`, ...change });
  const joins = (NetworkMode: string) => ({ hostConfig: exampleHostConfig({ NetworkMode }) });
  const records = [record('web', { links: ['db:data'] }), record('side', joins('container:named-web')), record('db', {}), record('a', joins('container:b')), record('b', joins('container:a'))];
  assert.deepEqual(inNeedOrder({ list: () => records }).map(({ id }) => id), ['db', 'web', 'side', 'b', 'a']);
});
