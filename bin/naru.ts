/** The `naru` command; called `docker` (by a link of that name) it calls itself so. */
import { basename } from 'node:path';
import { argv, env, exit, stderr, stdin, stdout } from 'node:process';
import type { Writable } from 'node:stream';
import { inputOf, main, outputOf, Signals } from '#cli';

const signals = new Signals();
const brokenPipe = 141;

for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    exit(brokenPipe);
  });
}

const code = await main(argv.slice(2), {
  program: basename(argv[1] ?? '') === 'docker' ? 'docker' : 'naru',
  env,
  stdin: inputOf(() => stdin),
  stdout: outputOf(() => stdout),
  stderr: outputOf(() => stderr),
  now: () => Date.now(),
  interrupted: signals.interrupted,
  takeSignals: (handler) => signals.take(handler),
});
await Promise.all([stdout, stderr].map((stream) => drained(stream)));
exit(signals.exitCode ?? code);

/** A pipe takes its bytes when its reader does: ending before that would cut a `save` short. */
function drained(stream: Writable): Promise<unknown> {
  return stream.writableLength === 0 ? Promise.resolve() : new Promise((resolve) => stream.write('', resolve));
}
