import { isKind } from '#base';
import { calls, jsonStream } from '#client';
import type { Cli } from '../../cli.ts';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { execute, goJson, parseTemplate } from '../../template/index.ts';
import { chainLines } from '../../why/chain.ts';
import { explain, type Explanation } from '../../why/explain.ts';
import type { ContainerEvent, ContainerFacts } from '../../why/facts.ts';
import { factsOfRemoved } from '../../why/removed.ts';
import { idOf } from '../each.ts';

/** `why CONTAINER`: how it came to be in the state it is in. Naru's own. */
export default command({
  usage: '[OPTIONS] CONTAINER',
  long: 'Explain why a container is in the state it is in',
  takes: exactly(1),
  completes: ['container'],
  flags: {
    format: objectFormat({ short: 'f' }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    const template = flags.format === '' || flags.format === 'json' ? undefined : parseTemplate(flags.format);
    const { facts, events } = await found(cli, name);
    const explanation = explain(facts, events, cli.now());
    if (flags.format === 'json') cli.stdout.write(`${goJson(explanation)}\n`);
    else cli.stdout.write(template ? `${execute(template, explanation)}\n` : page(explanation));
  },
});

interface Found {
  readonly facts: ContainerFacts;
  readonly events: readonly ContainerEvent[];
}

/** A container that is gone is known by what the engine kept of its events. Throws NotFound where it kept none. */
async function found(cli: Cli, name: string): Promise<Found> {
  try {
    const facts = (await cli.engine().call(calls.containerInspect, { path: { id: idOf('container', name) } })) as unknown as ContainerFacts;
    return { facts: { ...facts, ...(await networkOwner(cli, facts)) }, events: await eventsOf(cli, facts.Id, Date.parse(facts.Created)) };
  } catch (error) {
    const id = isKind(error, 'NotFound') ? (await eventsOf(cli, name, 0)).at(-1)?.Actor.ID : undefined;
    const events = id === undefined ? [] : await eventsOf(cli, id, 0);
    const facts = factsOfRemoved(events);
    if (!facts) throw error;
    return { facts, events };
  }
}

/** Whose network the container shares. */
async function networkOwner(cli: Cli, { HostConfig }: ContainerFacts): Promise<Pick<ContainerFacts, 'networkOwner'>> {
  const id = /^container:(.+)$/.exec(HostConfig.NetworkMode ?? '')?.[1];
  if (id === undefined) return {};
  try {
    const { Name, State } = (await cli.engine().call(calls.containerInspect, { path: { id } })) as unknown as ContainerFacts;
    return { networkOwner: { name: Name.replace(/^\//, ''), status: State.Status } };
  } catch (error) {
    if (!isKind(error, 'NotFound')) throw error;
    return { networkOwner: { name: id.slice(0, 12) } };
  }
}

/** Those that the engine kept, from `since` (milliseconds) to now; it would wait for an end that is still to come. */
async function eventsOf(cli: Cli, container: string, since: number): Promise<ContainerEvent[]> {
  const filters = JSON.stringify({ container: { [container]: true }, type: { container: true } });
  const from = Math.max(1, Math.floor(since / 1000));
  const query = { since: String(from), until: Math.max(from, (cli.now() + 1) / 1000).toFixed(3), filters };
  const { body } = await cli.engine().open(calls.events, { query, signal: cli.interrupted });
  return Array.fromAsync(jsonStream<ContainerEvent>(body));
}

function page({ summary, reasons, events }: Explanation): string {
  const chain = chainLines(events).map((line) => `  ${line}\n`).join('');
  return `${summary}\n${reasons.map((reason) => `${reason}\n`).join('')}${chain === '' ? '' : `\nWhat happened:\n${chain}`}`;
}
