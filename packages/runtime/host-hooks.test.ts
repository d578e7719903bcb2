import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { runHooks } from './host-hooks.ts';

const state = { ociVersion: '1.2.0', id: 'one', status: 'creating', bundle: '/' } as const;
const hook = (script: string) => [{ path: '/bin/sh', args: ['sh', '-c', script], env: ['PATH=/usr/bin:/bin'] }];
const failureOf = (script: string): Promise<string> => runHooks('createRuntime', hook(script), state).then(() => 'none', (error: Error) => error.message);

test('a hook has the state on its stdin, and its failure is told with what it printed', async () => {
  assert.match(await failureOf('grep -o creating; echo bad >&2; exit 4'), /^error running createRuntime hook #0: exit status 4, stdout: creating\n, stderr: bad\n$/);
});

test('a hook may open its streams by name', async () => {
  assert.match(await failureOf('grep -o creating /dev/stdin >/dev/stdout; echo bad >/dev/stderr; exit 4'), /exit status 4, stdout: creating\n, stderr: bad\n$/);
});

test('hooks leave no descriptor open, also those that are not there', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  await failureOf('exit 0');
  const before = open();
  for (let round = 0; round < 5; round++) {
    await failureOf('echo x; exit 1');
    await assert.rejects(runHooks('createRuntime', [{ path: '/nonexistent' }], state), /fork\/exec \/nonexistent: no such file or directory/);
  }
  await new Promise((done) => setImmediate(done)); // sockets are closed a turn later
  assert.ok(open() <= before, `${before} before, ${open()} now`);
});

test('whoever a failed hook leaves behind with its output open is not waited for', async () => {
  const said = await failureOf('sleep 1000 & echo $!; exit 3');
  const pid = Number(/stdout: (\d+)/.exec(said)?.[1]);
  process.kill(pid, 'SIGKILL'); // it was there still
  assert.match(said, /exit status 3/);
});

test('of endless output the beginning is told', async () => {
  const said = await failureOf('head -c 10000000 /dev/zero | tr "\\0" x; exit 1');
  assert.match(said, /exit status 1, stdout: x+, stderr: $/);
  assert.ok(said.length < 70_000, String(said.length));
});
