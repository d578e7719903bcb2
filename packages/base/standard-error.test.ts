import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('a plain standard error has Node\'s warnings and what is written at once; the stream is made when it is asked for', () => {
  const script = `
    import { plainStandardError } from '${new URL('standard-error.ts', import.meta.url).pathname}';
    const stream = plainStandardError();
    console.error('from the console');
    process.stderr.write('written\\n');
    process.emitWarning('a warning');
    process.on('exit', () => {
      const made = stream();
      made.write(String([made === process.stderr, made.fd, made === stream()]));
    });
  `;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.match(stderr, /^from the console\nwritten\n.*Warning: a warning\n(?:.*\n)*false,2,true$/);
});
