/** When a container that ended is started again, and after how long. */
import type { RestartPolicy } from '#spec';

/** Milliseconds. */
const firstDelay = 100;
const longestDelay = 60_000;
/** A run this long was a success: the delay starts over. */
const goodRun = 10_000;

export interface EndedRun {
  readonly exitCode: number;
  /** Starts by policy before this run. */
  readonly restartCount: number;
  /** A person stopped it. */
  readonly manuallyStopped: boolean;
}

/** Docker's rules for `--restart`. */
export function shouldRestart(policy: RestartPolicy, run: EndedRun): boolean {
  if (run.manuallyStopped) return false;
  if (policy.Name === 'always' || policy.Name === 'unless-stopped') return true;
  if (policy.Name !== 'on-failure' || run.exitCode === 0) return false;
  return policy.MaximumRetryCount === 0 || run.restartCount < policy.MaximumRetryCount;
}

/** Whether a daemon that starts brings a stopped container up: `always` means even one that a person stopped. */
export function startsWithDaemon(policy: RestartPolicy, run: EndedRun): boolean {
  return policy.Name === 'always' || shouldRestart(policy, run);
}

/** The delay before the next start: doubled each time, back to the first after a good run. Milliseconds. */
export function nextDelay(previous: number | undefined, ranFor: number): number {
  if (previous === undefined || ranFor >= goodRun) return firstDelay;
  return Math.min(previous * 2, longestDelay);
}
