import { readFileSync } from 'node:fs';

/**
 * Processors that this process may run on (sched_setaffinity(2)). Node's own count is smaller where its control group has a
 * quota, which says nothing of the machine.
 */
export function processorCount(): number {
  return allowedIn(readFileSync('/proc/self/status', 'utf8'));
}

/** The bits of `Cpus_allowed` in a status file (proc_pid_status(5)): words of 32 bits in hex, commas between them. */
export function allowedIn(status: string): number {
  const mask = /^Cpus_allowed:\s*([0-9a-f,]+)$/m.exec(status)?.[1] ?? '1';
  return [...BigInt(`0x${mask.replaceAll(',', '')}`).toString(2)].filter((bit) => bit === '1').length;
}
