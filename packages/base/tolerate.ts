/** Failures that are no faults: a file that may not be there, a process that may have ended, a device that may have gone. */
import type { constants } from 'node:os';
import { errnoOf } from './errors.ts';

/** Names of errno(3). */
type Errno = keyof typeof constants.errno;

/** What `act` gives, or `otherwise` when it fails with one of `codes`; every other failure is thrown on. */
export function tolerating<T, U>(codes: readonly Errno[], otherwise: U, act: () => T): T | U {
  try {
    return act();
  } catch (error) {
    return tolerate(codes, otherwise)(error);
  }
}

/** The same for what gives a promise: the function to catch its rejection with. */
export function tolerate<U>(codes: readonly Errno[], otherwise: U): (error: unknown) => U {
  return (error) => {
    if ((codes as readonly unknown[]).includes(errnoOf(error))) return otherwise;
    throw error;
  };
}
