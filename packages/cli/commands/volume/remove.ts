import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { idOf, inTurn } from '../each.ts';

/** `volume rm VOLUME…`. */
export default command({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  long: 'Remove one or more volumes. You cannot remove a volume that is in use by a container.',
  takes: atLeast(1),
  completes: 'volume',
  flags: {
    force: bool('Force the removal of one or more volumes', { short: 'f', since: '1.25' }),
  },
  async run({ arguments: names, flags }, cli) {
    await inTurn(names, async (name) => {
      await cli.engine().call(calls.volumeRemove, { path: { name: idOf('volume', name) }, query: { force: flags.force } });
      cli.stdout.write(`${name}\n`);
    });
  },
});
