import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { forEachName, idOf } from '../each.ts';
import { stopFlags, stopOptions } from './stop-options.ts';

/** `restart CONTAINER…`. */
export default command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'container',
  flags: stopFlags,
  async run(invocation, cli) {
    const query = await stopOptions(cli, invocation);
    await forEachName(invocation.arguments, cli, (name) => cli.engine().call(calls.containerRestart, { path: { id: idOf('container', name) }, query }));
  },
});
