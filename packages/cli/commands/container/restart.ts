import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { int, string } from '../../command/flag-types.ts';
import { forEachName, idOf } from '../each.ts';
import { stopOptions } from './stop-options.ts';

/** `restart CONTAINER…`. */
export default command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'container',
  flags: {
    signal: string('Signal to send to the container', { short: 's' }),
    timeout: int('Seconds to wait before killing the container', { short: 't' }),
    time: int('Seconds to wait before killing the container', { initial: -1, deprecated: 'use --timeout instead', hidden: true }),
  },
  async run(invocation, cli) {
    const query = stopOptions(invocation);
    await forEachName(invocation.arguments, cli, (name) => cli.engine().call(calls.containerRestart, { path: { id: idOf('container', name) }, query }));
  },
});
