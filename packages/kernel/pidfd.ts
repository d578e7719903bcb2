import { bind, check } from './libc.ts';

const SYS_PIDFD_OPEN = 434;
const pidfdOpenOf = bind<(number: number, pid: number, flags: number) => number>('long syscall(long number, int pid, unsigned int flags)');

/** A descriptor of a process (pidfd_open(2)), closed for programs that this one starts; the caller closes it. Throws SystemError. */
export function openPidfd(pid: number): number {
  return check('pidfd_open', pidfdOpenOf(SYS_PIDFD_OPEN, pid, 0));
}
