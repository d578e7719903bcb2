import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { forEachName, idOf } from '../each.ts';

/** `unpause CONTAINER…`. */
export default command({
  usage: 'CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'paused',
  flags: {},
  async run({ arguments: names }, cli) {
    await forEachName(names, cli, (name) => cli.engine().call(calls.containerUnpause, { path: { id: idOf('container', name) } }));
  },
});
