/** Waiting for a container's end. */
import type { ExitStatus } from '#runtime';
import { entryOf, type Room } from './room.ts';

/** 'not-running' resolves at once with the last exit when it does not run; 'next-exit' always waits; 'removed' for its removal. */
export async function wait(room: Room, id: string, condition: 'not-running' | 'next-exit' | 'removed'): Promise<ExitStatus> {
  const entry = entryOf(room, id);
  if (condition === 'removed') return entry.removed.promise;
  const ended = entry.status === 'exited' || entry.status === 'created' || entry.status === 'dead';
  if (condition === 'not-running' && ended) return entry.exit ?? { code: 0, signal: undefined, oomKilled: false, at: Date.now() };
  return entry.nextExit.promise;
}
