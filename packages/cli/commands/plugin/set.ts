import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';

/** `plugin set PLUGIN KEY=VALUE…`. */
export default command({
  usage: 'PLUGIN KEY=VALUE [KEY=VALUE...]',
  takes: atLeast(2),
  completes: ['plugin'],
  flags: {},
  async run({ arguments: [name = '', ...settings] }, cli) {
    await cli.engine().call(calls.pluginSet, { path: { name }, json: settings });
  },
});
