import { bind, check } from './libc.ts';

const SIG_UNBLOCK = 1;
/** glibc's sigset_t. */
const SET_BYTES = 128;

const sigprocmask = bind<(how: number, set: Uint8Array, old: null) => number>('int sigprocmask(int how, const void *set, void *old)');

/** Lets the main thread, by which this is to be called, have `signal` (its number) again: Node blocks SIGUSR1 in a process that opens no debugger. */
export function unblockSignal(signal: number): void {
  const set = new Uint8Array(SET_BYTES);
  set[(signal - 1) >> 3] = 1 << ((signal - 1) & 7);
  check('sigprocmask', sigprocmask(SIG_UNBLOCK, set, null));
}
