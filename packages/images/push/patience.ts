import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled } from '#base';
import { isTransient } from '../distribution/failures.ts';

/** Milliseconds to wait before each further attempt. */
export const pauses = [250, 1000, 2000, 4000];

/** Asks again what failed for reasons that may pass; throws what the last attempt did, Cancelled when aborted. */
export async function patiently<T>(signal: AbortSignal, onRetry: (seconds: number) => void, ask: () => Promise<T>): Promise<T> {
  for (const pause of pauses) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw new Cancelled('context canceled', { cause: error });
      if (!isTransient(error)) throw error;
    }
    onRetry(Math.ceil(pause / 1000));
    await sleep(pause, undefined, { signal });
  }
  return ask();
}
