import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ringGarbage } from './ring.ts';

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

/** Bytes that make a collection worth its pause, where not told otherwise. */
const worthAPause = 8 * 2 ** 20;

/**
 * Gives what a burst of work left behind back to the system: a function that collects the whole heap, with two pauses of some
 * 20 ms, unless less than `worthwhile` bytes have been allocated since it did so last. To be called when nobody waits: V8 collects only while it
 * allocates, so that a daemon at rest would keep all that its last busy minute needed. Of a last resort it returns the
 * empty pages too, which after any other collection stay until eight seconds without allocations are over.
 */
export function heapTrimmer(worthwhile = worthAPause): () => void {
  let kept = 0;
  return () => {
    if (inUse() - kept < worthwhile) return;
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as NodeJS.GCFunction;
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    kept = inUse();
  };
}

/** Bytes, those of buffers included, and of rings that are over. */
function inUse(): number {
  const { used_heap_size: heap, external_memory: buffers } = getHeapStatistics();
  return heap + buffers + ringGarbage();
}
