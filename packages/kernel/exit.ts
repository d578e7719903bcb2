import { flushCompileCache } from 'node:module';
import { isLoaded } from './koffi.ts';
import { bind } from './libc.ts';

const leave = bind<(status: number) => void>('void _exit(int status)');

/**
 * Ends the process with `code`, as process.exit does but for its threads: that joins V8's and libuv's, and one that waits for the
 * main thread (to collect garbage) or in a system call would hold it for ever; here the kernel ends them all. Listeners to
 * `exit` run first. Nothing printed is lost: Node writes to files, pipes and terminals at once (process I/O, Linux).
 */
export function endProcess(code: number): never {
  process.exitCode = code;
  process.emit('exit', code);
  flushCompileCache();
  leave(code);
  throw new Error('_exit returned');
}

let streamsInUse = false;

/** `process.stdin` and `process.stdout` are used: only Node's own exit leaves their descriptors as they were found (O_NONBLOCK). */
export function useStreams(): void {
  streamsInUse = true;
}

/** `endProcess` for a command that keeps no compile cache. Where none of the kernel's calls is bound yet, process.exit is the cheaper one. */
export function endCommand(code: number): never {
  if (streamsInUse || !isLoaded()) process.exit(code);
  process.exitCode = code;
  process.emit('exit', code);
  leave(code);
  throw new Error('_exit returned');
}
