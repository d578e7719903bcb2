import { InvalidArgument } from '#base';
import { calls } from '#client';
import type { Cli } from '../../cli.ts';

/**
 * Starts to wait for a container's end, or for its removal where it removes itself. Resolves once the engine has heard
 * the question, so that a start that follows cannot be missed; `exitCode` then waits for the answer.
 */
export async function waitForExit(cli: Cli, id: string, removed: boolean): Promise<{ exitCode: () => Promise<number> }> {
  const answer = await cli.engine().open(calls.containerWait, { path: { id }, query: { condition: removed ? 'removed' : 'next-exit' } });
  return { exitCode: () => read(answer.body, cli) };
}

async function read(body: AsyncIterable<Buffer>, cli: Cli): Promise<number> {
  let text = '';
  for await (const chunk of body) text += chunk.toString();
  const { StatusCode, Error: failure } = JSON.parse(text) as { StatusCode: number; Error?: { Message: string } | null };
  if (!failure) return StatusCode;
  cli.stderr.write(`Error waiting for container: ${failure.Message}\n`);
  return 125;
}

/** Refuses to give a terminal to a process when standard input is none. Throws InvalidArgument in Docker's words. */
export function checkTty(cli: Cli, stdin: boolean, tty: boolean): void {
  if (stdin && tty && !cli.stdin.isTerminal) throw new InvalidArgument('the input device is not a TTY');
}
