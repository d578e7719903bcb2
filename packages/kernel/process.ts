import { readFileSync } from 'node:fs';
import { errnoOf, tolerating } from '#base';

/** kill(2). False when there is no such process. */
export function signalProcess(pid: number, signal: number): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    throw error;
  }
}

/**
 * When a process was started, in clock ticks since boot (proc_pid_stat(5), field 22): with it, a pid that was given to somebody
 * else is not taken for it. Undefined when there is none, or it has ended and nobody has asked how.
 */
export function startTimeOf(pid: number): string | undefined {
  const stat = tolerating(['ENOENT', 'ESRCH'], '', () => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(state) ? undefined : fields[18];
}

/**
 * This process's hard limits by number (getrlimit(2)), which what it begins has too; RLIM_INFINITY is 2^64 - 1. To raise one takes
 * CAP_SYS_RESOURCE.
 */
export function hardLimits(): bigint[] {
  const rows = readFileSync('/proc/self/limits', 'latin1').trimEnd().split('\n').slice(1);
  return rows.map((row) => {
    const hard = row.slice(47, 67).trim(); // proc_pid_limits(5): columns of 25 and 20 letters and a blank
    return hard === 'unlimited' ? 0xffffffffffffffffn : BigInt(hard);
  });
}
