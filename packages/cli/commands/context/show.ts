import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { chooseContext } from '../../config/connection.ts';

/** `context show`: the name of the one in force. */
export default command({
  usage: '',
  takes: noArguments,
  flags: {},
  async run(_invocation, cli) {
    cli.stdout.write(`${chooseContext(cli.globals, cli.env, cli.config)}\n`);
  },
});
