import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { writeConfigFile } from '../../config/config-file.ts';
import { checkContextName, ContextStore, defaultContext } from '../../config/context-store.ts';

/** `context use CONTEXT`: from now on, unless flags or the environment say otherwise. */
export default command({
  usage: 'CONTEXT',
  takes: exactly(1),
  completes: ['context'],
  flags: {},
  async run({ arguments: [name = ''] }, cli) {
    const { values } = cli.config;
    const before = values.currentContext;
    if (name === defaultContext) delete values.currentContext;
    else {
      checkContextName(name);
      new ContextStore(cli.globals.config).get(name);
      values.currentContext = name;
    }
    if (values.currentContext !== before) writeConfigFile(cli.config); // else a file that could not be read stays for its owner to mend
    cli.stdout.write(`${name}\n`);
    cli.stderr.write(`Current context is now ${JSON.stringify(name)}\n`);
    if (name !== defaultContext && cli.env['DOCKER_HOST']) {
      cli.stderr.write(`Warning: DOCKER_HOST environment variable overrides the active context. To use ${JSON.stringify(name)}, either set the global --context flag, or unset DOCKER_HOST environment variable.\n`);
    }
  },
});
