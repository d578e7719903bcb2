import { Conflict, InvalidArgument, NotFound } from '#base';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { writeConfigFile } from '../../config/config-file.ts';
import { chooseContext } from '../../config/connection.ts';
import { ContextStore, defaultContext } from '../../config/context-store.ts';
import { inTurn } from '../each.ts';

/** `context rm CONTEXT…`; the one in force only with `--force`. */
export default command({
  usage: 'CONTEXT [CONTEXT...]',
  takes: atLeast(1),
  completes: 'context',
  flags: {
    force: bool('Force the removal of a context in use', { short: 'f' }),
  },
  async run({ arguments: names, flags }, cli) {
    const store = new ContextStore(cli.globals.config);
    const current = chooseContext(cli.globals, cli.env, cli.config);
    await inTurn(names, async (name) => {
      if (name === defaultContext) throw new InvalidArgument(`context ${JSON.stringify(name)} cannot be removed`);
      if (name === current && !flags.force) throw new Conflict(`context ${JSON.stringify(name)} is in use, set -f flag to force remove`);
      if (!store.has(name) && !flags.force) throw new NotFound(`context ${JSON.stringify(name)} does not exist`);
      if (name === current && cli.config.values.currentContext === name) {
        delete cli.config.values.currentContext;
        writeConfigFile(cli.config);
      }
      store.remove(name);
      cli.stdout.write(`${name}\n`);
    });
  },
});
