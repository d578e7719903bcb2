/** `--pidfd-socket`: whoever listens there has a descriptor of the new process, which its number may outlive. */
import { closeSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf, InvalidArgument, messageOf } from '#base';
import { handOver, openPidfd } from '#kernel';
import { withShortPath } from '../short-path.ts';

/** What runC calls the two kinds of process beside their descriptors. */
export type ProcessKind = 'standard' | 'setns';

/** Sends the process's pidfd to the socket at `path`, if any. Throws InvalidArgument in runC's words where nobody listens. */
export function sendPidfd(path: string | undefined, kind: ProcessKind, pid: number, warn: (message: string) => void): void {
  if (!path) return;
  const pidfd = pidfdOf(pid);
  if (pidfd === undefined) return warn(`process ${pid} ended before its pidfd could be had`);
  try {
    withShortPath(resolve(path), (short) => handOver(short, kind, pidfd));
  } catch (error) {
    throw new InvalidArgument(`failed to dial ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    closeSync(pidfd);
  }
}

/** Undefined for an exec that is over already. */
function pidfdOf(pid: number): number | undefined {
  try {
    return openPidfd(pid);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}
