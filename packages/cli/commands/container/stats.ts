import { messageOf } from '#base';
import { calls, jsonStream, type StatsAnswer } from '#client';
import type { Cli } from '../../cli.ts';
import { anyArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { formatList } from '../../format/table.ts';
import { emptyReading, type Reading, readingOf } from './stats-reading.ts';
import { statsFormat, statsRow } from './stats-format.ts';

const between = 500;

/** `stats [CONTAINER...]`: what containers use, once or anew twice a second. */
export default command({
  usage: '[OPTIONS] [CONTAINER...]',
  takes: anyArguments,
  completes: 'running',
  flags: {
    all: bool('Show all containers (default shows just running)', { short: 'a' }),
    format: listFormat(),
    'no-stream': bool('Disable streaming stats and only pull the first result'),
    'no-trunc': bool('Do not truncate output'),
  },
  async run({ arguments: names, flags }, cli) {
    const format = flags.format || cli.config.values.statsFormat || 'table';
    const show = (readings: readonly Reading[]): string => formatList(statsFormat, readings.map((reading) => statsRow(reading, !flags['no-trunc'])), format);
    if (flags['no-stream']) cli.stdout.write(show(await readOnce(cli, names.length > 0 ? names : await listed(cli, flags.all))));
    else await follow(cli, names, flags.all, show);
  },
});

async function listed(cli: Cli, all: boolean): Promise<string[]> {
  const containers = await cli.engine().call(calls.containerList, { query: { all } });
  return containers.map(({ Id }) => Id.slice(0, 12));
}

async function readOnce(cli: Cli, names: readonly string[]): Promise<Reading[]> {
  const outcomes = await Promise.allSettled(names.map(async (name) => readingOf(name, await cli.engine().call(calls.containerStats, { path: { id: name }, query: { stream: '0' } }))));
  const complaints = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [messageOf(outcome.reason)] : []));
  if (complaints.length > 0) throw new Exit(1, complaints.join('\n'));
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

/** Shows readings as they come until interrupted, or until the last of the named containers is gone. */
async function follow(cli: Cli, names: readonly string[], all: boolean, show: (readings: readonly Reading[]) => string): Promise<void> {
  const readings = new Map<string, Reading>();
  const everyOne = names.length === 0;
  const add = (name: string): void => {
    if (readings.has(name)) return;
    readings.set(name, emptyReading(name));
    void readOn(cli, name, readings).finally(() => (everyOne && all ? undefined : readings.delete(name)));
  };
  if (everyOne) void watch(cli, add);
  for (const name of everyOne ? await listed(cli, all) : names) add(name);
  if (!everyOne) await readOnce(cli, names);
  while (!cli.interrupted.aborted && (everyOne || readings.size > 0)) {
    cli.stdout.write(screen(show([...readings.values()])));
    await new Promise((wake) => setTimeout(wake, between));
  }
}

async function readOn(cli: Cli, name: string, readings: Map<string, Reading>): Promise<void> {
  try {
    const { body } = await cli.engine().open(calls.containerStats, { path: { id: name }, query: { stream: '1' }, signal: cli.interrupted });
    for await (const answer of jsonStream<StatsAnswer>(body)) readings.set(name, readingOf(name, answer));
  } catch {
    readings.set(name, emptyReading(name)); // gone, or the engine is: the line shows that nothing is known
  }
}

/** Containers that start meanwhile join in. */
async function watch(cli: Cli, add: (name: string) => void): Promise<void> {
  try {
    const { body } = await cli.engine().open(calls.events, { query: { filters: '{"type":{"container":true}}' }, signal: cli.interrupted });
    for await (const { Action, Actor } of jsonStream<{ Action: string; Actor: { ID: string } }>(body)) if (Action === 'start') add(Actor.ID.slice(0, 12));
  } catch {
    return; // interrupted, or the engine is gone: the readings end too
  }
}

/** From the top left corner, each line's rest and all below it erased. */
function screen(text: string): string {
  return `\x1b[H${text.split('\n').slice(0, -1).map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`;
}
