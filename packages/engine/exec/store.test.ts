import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '#base';
import { Execs } from './store.ts';

test('one that ended is known for five minutes, whatever the clock on the wall is set to', (t) => {
  const passed = t.mock.method(performance, 'now', () => 0).mock;
  using execs = new Execs(new Database(':memory:'), assert.ifError);
  const request = { args: ['true'], env: [], cwd: '', user: '', privileged: false, tty: false, attachStdin: false, attachStdout: false, attachStderr: false, detachKeys: '', consoleSize: undefined };
  const finish = (id: string): void => {
    const exec = { id, containerId: 'c', request, process: undefined, started: true, exitCode: undefined };
    execs.add(exec);
    execs.finish(exec, 0);
  };
  const known = (): string[] => execs.all().map(({ id }) => id);
  finish('first');
  t.mock.method(Date, 'now', () => 0);
  passed.mockImplementation(() => 299_000);
  finish('second');
  assert.deepEqual(known(), ['first', 'second']);
  passed.mockImplementation(() => 301_000);
  finish('third');
  assert.deepEqual(known(), ['second', 'third']);
});
