import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string } from '../../command/flag-types.ts';
import { forEachName, idOf } from '../each.ts';

/** `kill CONTAINER…`: a signal, SIGKILL unless told. */
export default command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'running',
  flags: {
    signal: string('Signal to send to the container', { short: 's' }),
  },
  async run({ arguments: names, flags }, cli) {
    const query = { signal: flags.signal || undefined };
    await forEachName(names, cli, (name) => cli.engine().call(calls.containerKill, { path: { id: idOf('container', name) }, query }));
  },
});
