import { InvalidArgument, isKind, messageOf } from '#base';
import type { Cli } from '../cli.ts';
import { Exit } from '../command/exit.ts';

const atOnce = 50;

/**
 * Does `action` for every name, many at once, and prints each name when it is done, in order. Complaints are joined
 * into one Exit with code 1; `forgives` prints a complaint and lets it pass.
 */
export async function forEachName(names: readonly string[], cli: Cli, action: (name: string) => Promise<unknown>, forgives?: (error: unknown) => boolean): Promise<void> {
  const complaints: string[] = [];
  const running: Promise<unknown>[] = [];
  const outcomes = names.map((name, index) => {
    const before = index < atOnce ? Promise.resolve() : running[index - atOnce];
    const outcome = Promise.resolve(before).then(() => action(name)).then(() => undefined, (error: unknown) => error);
    running.push(outcome);
    return outcome;
  });
  for (const [index, outcome] of outcomes.entries()) {
    const error = await outcome;
    if (error === undefined) cli.stdout.write(`${names[index]}\n`);
    else if (forgives?.(error)) cli.stderr.write(`${messageOf(error)}\n`);
    else complaints.push(messageOf(error));
  }
  complain(complaints);
}

/** Does `action` for every name, one after another, going on after a failure. Throws one Exit that joins the complaints; Cancelled at once. */
export async function inTurn(names: readonly string[], action: (name: string) => Promise<unknown>): Promise<void> {
  const complaints: string[] = [];
  for (const name of names) {
    await action(name).catch((error: unknown) => {
      if (isKind(error, 'Cancelled')) throw error;
      complaints.push(messageOf(error));
    });
  }
  complain(complaints);
}

/** Throws an Exit with code 1 when there is anything to complain about. */
export function complain(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new Exit(1, complaints.join('\n'));
}

/** A name to put into a path; throws InvalidArgument for an empty one. */
export function idOf(kind: 'container' | 'image' | 'network' | 'volume' | 'exec', name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw new InvalidArgument(`invalid ${kind} name or ID: value is empty`);
  return trimmed;
}
