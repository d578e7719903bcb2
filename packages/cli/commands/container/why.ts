import { calls, jsonStream } from '#client';
import type { Cli } from '../../cli.ts';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { execute, goJson, parseTemplate } from '../../template/index.ts';
import { explain, type Explanation } from '../../why/explain.ts';
import type { ContainerEvent, ContainerFacts } from '../../why/facts.ts';
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
    const facts = (await cli.engine().call(calls.containerInspect, { path: { id: idOf('container', name) } })) as unknown as ContainerFacts;
    const explanation = explain(facts, await eventsOf(cli, facts), cli.now());
    if (flags.format === 'json') cli.stdout.write(`${goJson(explanation)}\n`);
    else cli.stdout.write(template ? `${execute(template, explanation)}\n` : page(explanation));
  },
});

/** Those that the engine kept, from the container's creation to now. */
async function eventsOf(cli: Cli, { Id, Created }: ContainerFacts): Promise<ContainerEvent[]> {
  const since = String(Math.floor(Date.parse(Created) / 1000));
  const filters = JSON.stringify({ container: { [Id]: true }, type: { container: true } });
  const { body } = await cli.engine().open(calls.events, { query: { since, until: String(Math.ceil(cli.now() / 1000)), filters }, signal: cli.interrupted });
  return Array.fromAsync(jsonStream<ContainerEvent>(body));
}

function page({ summary, reasons, events }: Explanation): string {
  const chain = events.map(({ time, what }) => `  ${time}  ${what}\n`).join('');
  return `${summary}\n${reasons.map((reason) => `${reason}\n`).join('')}${chain === '' ? '' : `\nWhat happened:\n${chain}`}`;
}
