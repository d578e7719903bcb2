import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, string } from '../../command/flag-types.ts';
import { idOf } from '../each.ts';

/** `checkpoint create CONTAINER CHECKPOINT`. */
export default command({
  usage: '[OPTIONS] CONTAINER CHECKPOINT',
  takes: exactly(2),
  completes: ['running'],
  flags: {
    'checkpoint-dir': string('Use a custom checkpoint storage directory'),
    'leave-running': bool('Leave the container running after checkpoint'),
  },
  async run({ arguments: [container = '', checkpoint = ''], flags }, cli) {
    const json = { CheckpointID: checkpoint, CheckpointDir: flags['checkpoint-dir'], Exit: !flags['leave-running'] };
    await cli.engine().call(calls.checkpointCreate, { path: { id: idOf('container', container) }, json });
    cli.stdout.write(`${checkpoint}\n`);
  },
});
