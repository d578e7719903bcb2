import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { tabulate } from '../../format/tabwriter.ts';
import { idOf } from '../each.ts';

/** `top CONTAINER [ps OPTIONS]`. */
export default command({
  usage: 'CONTAINER [ps OPTIONS]',
  takes: atLeast(1),
  completes: ['running'],
  flags: {},
  interspersed: false,
  async run({ arguments: [name = '', ...words] }, cli) {
    const query = { ps_args: words.join(' ') || undefined };
    const { Titles, Processes } = await cli.engine().call(calls.containerTop, { path: { id: idOf('container', name) }, query });
    const lines = [Titles, ...(Processes ?? [])].map((cells) => `${cells.join('\t')}\n`);
    cli.stdout.write(tabulate(lines.join(''), { minWidth: 20, padding: 3 }));
  },
});
