import { InvalidArgument, messageOf } from '#base';
import { calls, compareVersions, encodeFilters, jsonStream } from '#client';
import type { Cli } from '../../cli.ts';

/**
 * Starts to wait for a container's end, or for its removal where it removes itself. Resolves once the engine has heard
 * the question, so that a start that follows cannot be missed; `exitCode` then waits for the answer.
 */
export async function waitForExit(cli: Cli, id: string, removed: boolean): Promise<{ exitCode: () => Promise<number> }> {
  if (compareVersions(cli.engine().version, '1.30') < 0) return waitByEvents(cli, id, removed);
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

/** Engines before API 1.30 know no wait for what is still to come: their events tell. Those before 1.25 leave removal to this command. */
async function waitByEvents(cli: Cli, id: string, removed: boolean): Promise<{ exitCode: () => Promise<number> }> {
  const engine = cli.engine();
  const filters = encodeFilters(new Map([['type', ['container']], ['container', [id]]]));
  const { body } = await engine.open(calls.events, { query: { filters } });
  const removes = removed && compareVersions(engine.version, '1.25') < 0;
  return { exitCode: () => readEvents(body, removed, cli, () => (removes ? engine.call(calls.containerRemove, { path: { id }, query: { v: true } }) : undefined)) };
}

interface LifeEvent {
  readonly status?: string;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

async function readEvents(body: AsyncIterable<Buffer>, removed: boolean, cli: Cli, onDeath: () => Promise<unknown> | undefined): Promise<number> {
  let code = 125;
  for await (const { status, Actor } of jsonStream<LifeEvent>(body)) {
    if (status === 'destroy') return code;
    if (status === 'detach') return 0;
    if (status !== 'die') continue;
    code = Number(Actor?.Attributes?.['exitCode'] ?? code);
    if (!removed) return code;
    try {
      await onDeath();
    } catch (error) {
      cli.stderr.write(`error removing container: ${messageOf(error)}\n`);
      return code;
    }
  }
  return code;
}

/** Refuses to give a terminal to a process when standard input is none. Throws InvalidArgument in Docker's words. */
export function checkTty(cli: Cli, stdin: boolean, tty: boolean): void {
  if (stdin && tty && !cli.stdin.isTerminal) throw new InvalidArgument('the input device is not a TTY');
}
