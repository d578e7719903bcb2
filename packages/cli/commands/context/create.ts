import { Conflict, InvalidArgument } from '#base';
import type { Cli } from '../../cli.ts';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string, stringToString } from '../../command/flag-types.ts';
import { chooseContext, directHost } from '../../config/connection.ts';
import { checkContextName, type ContextMeta, ContextStore, type ContextTls, defaultContext, defaultDescription } from '../../config/context-store.ts';
import { endpointOf } from './endpoint.ts';
import { contextHelp } from './help-text.ts';

/** `context create CONTEXT`. */
export default command({
  usage: '[OPTIONS] CONTEXT',
  long: contextHelp('Create a context', '$ docker context create my-context --description "some description" --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"'),
  takes: exactly(1),
  flags: {
    description: string('Description of the context'),
    docker: stringToString('set the docker endpoint'),
    from: string('create context from a named context'),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    const store = new ContextStore(cli.globals.config);
    checkContextName(name);
    if (store.has(name)) throw new Conflict(`context ${JSON.stringify(name)} already exists`);
    if (flags.from !== '' && Object.keys(flags.docker).length > 0) throw new InvalidArgument('cannot use --docker flag when --from is set');
    const { meta, tls } = sourceOf(cli, store, flags);
    const description = flags.description || meta.Metadata.Description;
    store.put({ Name: name, Metadata: description ? { Description: description } : {}, Endpoints: meta.Endpoints }, tls);
    cli.stdout.write(`${name}\n`);
    cli.stderr.write(`Successfully created context ${JSON.stringify(name)}\n`);
  },
});

interface Source {
  readonly meta: Pick<ContextMeta, 'Metadata' | 'Endpoints'>;
  readonly tls: ContextTls;
}

/** What the new context begins with: the endpoint that is described, or another context, which is the one in force unless one is named. */
function sourceOf(cli: Cli, store: ContextStore, { from, docker }: { readonly from: string; readonly docker: Readonly<Record<string, string>> }): Source {
  if (Object.keys(docker).length > 0) {
    const { endpoint, tls } = endpointOf(docker, store, () => directHost(cli.globals, cli.env));
    return { meta: { Metadata: {}, Endpoints: { docker: endpoint } }, tls: { docker: tls } };
  }
  const source = from || chooseContext(cli.globals, cli.env, cli.config);
  if (source !== defaultContext) return { meta: store.get(source), tls: store.tls(source) };
  return { meta: { Metadata: { Description: defaultDescription }, Endpoints: { docker: { Host: directHost(cli.globals, cli.env), SkipTLSVerify: false } } }, tls: {} };
}
