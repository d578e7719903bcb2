import { Conflict, InvalidArgument } from '#base';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { string, stringToString } from '../../command/flag-types.ts';
import { checkContextName, type ContextMeta, ContextStore, type ContextTls, defaultContext } from '../../config/context-store.ts';
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
    const { meta, tls } = sourceOf(store, flags.from, flags.docker, cli.connection().host);
    const description = flags.description || meta.Metadata.Description;
    store.put({ Name: name, Metadata: description ? { Description: description } : {}, Endpoints: meta.Endpoints }, tls);
    cli.stdout.write(`${name}\n`);
    cli.stderr.write(`Successfully created context ${JSON.stringify(name)}\n`);
  },
});

/** What the new context begins with: another context, or the endpoint that was described. */
function sourceOf(store: ContextStore, from: string, docker: Readonly<Record<string, string>>, currentHost: string): { meta: Pick<ContextMeta, 'Metadata' | 'Endpoints'>; tls: ContextTls } {
  if (Object.keys(docker).length > 0) {
    const { endpoint, tls } = endpointOf(docker, store, currentHost);
    return { meta: { Metadata: {}, Endpoints: { docker: endpoint } }, tls: { docker: tls } };
  }
  if (from !== '' && from !== defaultContext) return { meta: store.get(from), tls: store.tls(from) };
  return { meta: { Metadata: {}, Endpoints: { docker: { Host: currentHost, SkipTLSVerify: false } } }, tls: {} };
}
