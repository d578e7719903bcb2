import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { inTurn } from '../each.ts';

/** `plugin rm PLUGIN…`. */
export default command({
  usage: '[OPTIONS] PLUGIN [PLUGIN...]',
  takes: atLeast(1),
  completes: 'plugin',
  flags: {
    force: bool('Force the removal of an active plugin', { short: 'f' }),
  },
  async run({ arguments: names, flags }, cli) {
    await inTurn(names, async (name) => {
      await cli.engine().call(calls.pluginRemove, { path: { name }, query: { force: flags.force } });
      cli.stdout.write(`${name}\n`);
    });
  },
});
