import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string, stringToString } from '../../command/flag-types.ts';
import { directHost } from '../../config/connection.ts';
import { checkContextName, ContextStore } from '../../config/context-store.ts';
import { endpointOf } from './endpoint.ts';
import { contextHelp } from './help-text.ts';

/** `context update CONTEXT`. */
export default command({
  usage: '[OPTIONS] CONTEXT',
  long: contextHelp('Update a context', '$ docker context update my-context --description "some description" --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"'),
  takes: exactly(1),
  completes: ['context'],
  flags: {
    description: string('Description of the context'),
    docker: stringToString('set the docker endpoint'),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    const store = new ContextStore(cli.globals.config);
    checkContextName(name);
    const before = store.get(name);
    const changed = Object.keys(flags.docker).length > 0 ? endpointOf(flags.docker, store, () => directHost(cli.globals, cli.env)) : undefined;
    store.put(
      {
        Name: name,
        Metadata: flags.description === '' ? before.Metadata : { ...before.Metadata, Description: flags.description },
        Endpoints: changed ? { ...before.Endpoints, docker: changed.endpoint } : before.Endpoints,
      },
      { ...store.tls(name), ...(changed && { docker: changed.tls }) },
    );
    cli.stdout.write(`${name}\n`);
    cli.stderr.write(`Successfully updated context ${JSON.stringify(name)}\n`);
  },
});
