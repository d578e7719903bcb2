import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string } from '../../command/flag-types.ts';
import { idOf } from '../each.ts';

/** `checkpoint rm CONTAINER CHECKPOINT`. */
export default command({
  usage: '[OPTIONS] CONTAINER CHECKPOINT',
  takes: exactly(2),
  completes: ['container'],
  flags: {
    'checkpoint-dir': string('Use a custom checkpoint storage directory'),
  },
  async run({ arguments: [container = '', checkpoint = ''], flags }, cli) {
    await cli.engine().call(calls.checkpointRemove, { path: { id: idOf('container', container), name: checkpoint }, query: { dir: flags['checkpoint-dir'] || undefined } });
  },
});
