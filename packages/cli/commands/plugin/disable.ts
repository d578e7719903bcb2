import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';

/** `plugin disable PLUGIN`. */
export default command({
  usage: '[OPTIONS] PLUGIN',
  takes: exactly(1),
  completes: ['plugin'],
  flags: {
    force: bool('Force the disable of an active plugin', { short: 'f' }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    await cli.engine().call(calls.pluginDisable, { path: { name }, query: { force: flags.force } });
    cli.stdout.write(`${name}\n`);
  },
});
