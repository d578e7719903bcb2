import { setFlagsFromString } from 'node:v8';

/** Per cent of what is alive that may be allocated until the next full collection. */
const growth = 300;

/**
 * Lets this process allocate three times what is alive before V8 looks through all of it. V8 counts the bytes of
 * buffers too and sees a small heap: left to itself it collects the whole heap at each 5 MB that pass through
 * a daemon, with a pause and as much work in its threads as the transfer itself takes. To be called before any work.
 */
export function collectSeldom(): void {
  setFlagsFromString(`--heap-growing-percent=${growth}`);
}
