import { messageOf } from '#base';
import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';

/** `rename CONTAINER NEW_NAME`. */
export default command({
  usage: 'CONTAINER NEW_NAME',
  takes: exactly(2),
  completes: ['container'],
  flags: {},
  async run({ arguments: names }, cli) {
    const [before = '', after = ''] = names.map((name) => name.trim());
    if (before === '' || after === '') throw new Exit(1, 'Error: Neither old nor new names may be empty');
    await cli.engine().call(calls.containerRename, { path: { id: before }, query: { name: after } }).catch((error: unknown) => {
      throw new Exit(1, `${messageOf(error)}\nError: failed to rename container named ${before}`, { cause: error });
    });
  },
});
