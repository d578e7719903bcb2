import type { ReadStream } from 'node:tty';
import type { Input } from './streams.ts';

/**
 * Puts the terminal of standard input into raw mode until disposed: every key goes to the container as it is typed.
 *
 * Node's own raw mode leaves output processing on, which puts a carriage return before the container's bare newlines
 * and so breaks full-screen programs; stty turns it off. Node restores all of it, since it saved the modes first.
 */
export async function enterRawMode(input: Input): Promise<AsyncDisposable> {
  const stream = input.stream as ReadStream | undefined;
  if (!stream?.isTTY) return { [Symbol.asyncDispose]: async () => {} };
  stream.setRawMode(true);
  await plainOutput();
  return { [Symbol.asyncDispose]: async () => void stream.setRawMode(false) };
}

/** Where there is no stty the mode stays as it is: usable, if not exact. */
function plainOutput(): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process'); // only terminals pay for loading it
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = spawn('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  child.once('error', () => resolve());
  child.once('close', () => resolve());
  return promise;
}
