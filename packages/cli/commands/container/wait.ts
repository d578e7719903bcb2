import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { idOf, inTurn } from '../each.ts';

/** `wait CONTAINER…`: prints each exit code once it is there. */
export default command({
  usage: 'CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'running',
  flags: {},
  async run({ arguments: names }, cli) {
    await inTurn(names, async (name) => {
      const { StatusCode } = await cli.engine().call(calls.containerWait, { path: { id: idOf('container', name) }, signal: cli.interrupted });
      cli.stdout.write(`${StatusCode}\n`);
    });
  },
});
