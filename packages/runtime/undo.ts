/** Clearing away what a making that failed has left. */
import { messageOf } from '#base';

/**
 * Takes the steps one after the other. One that fails is told and ends it: what it could not remove is still on record
 * in the directory that a later step would have taken away. The failure that led here is the caller's to throw.
 */
export async function undo(warn: (message: string) => void, steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  try {
    for (const step of steps) await step();
  } catch (error) {
    warn(`what was begun is not all cleared away: ${messageOf(error)}`);
  }
}
