import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('the end of a process waits for none of its threads', () => {
  const room = new URL('.', import.meta.url).pathname;
  const script = `
    import { endProcess } from '${room}exit.ts';
    import { bindInThread } from '${room}libc.ts';
    process.on('exit', (code) => process.stdout.write('ends with ' + code));
    void bindInThread('int pause(void)')(); // process.exit would wait for this one
    process.stdout.write('x'.repeat(200000));
    setTimeout(() => endProcess(7), 100);
  `;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' });
  assert.deepEqual([status, stdout.slice(0, 1), stdout.slice(200_000)], [7, 'x', 'ends with 7']);
});
