import { InvalidArgument } from '#base';
import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { int } from '../../command/flag-types.ts';

/** `plugin enable PLUGIN`. */
export default command({
  usage: '[OPTIONS] PLUGIN',
  takes: exactly(1),
  completes: ['plugin'],
  flags: {
    timeout: int('HTTP client timeout (in seconds)', { initial: 30 }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    if (flags.timeout < 0) throw new InvalidArgument(`negative timeout ${flags.timeout} is invalid`);
    await cli.engine().call(calls.pluginEnable, { path: { name }, query: { timeout: flags.timeout } });
    cli.stdout.write(`${name}\n`);
  },
});
