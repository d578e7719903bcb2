import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string } from '../../command/flag-types.ts';
import { formatList } from '../../format/table.ts';
import { idOf } from '../each.ts';

/** `checkpoint ls CONTAINER`. */
export default command({
  usage: '[OPTIONS] CONTAINER',
  takes: exactly(1),
  completes: ['container'],
  flags: {
    'checkpoint-dir': string('Use a custom checkpoint storage directory'),
  },
  async run({ arguments: [container = ''], flags }, cli) {
    const checkpoints = (await cli.engine().call(calls.checkpointList, { path: { id: idOf('container', container) }, query: { dir: flags['checkpoint-dir'] || undefined } })) ?? [];
    const format = { type: '*checkpoint.checkpointContext', headings: { Name: 'CHECKPOINT NAME' }, table: 'table {{.Name}}' };
    cli.stdout.write(formatList(format, checkpoints.map(({ Name }) => ({ Name })), 'table'));
  },
});
