import type { Cli } from '../../cli.ts';
import { anyArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { chooseContext, directHost } from '../../config/connection.ts';
import { ContextStore, defaultContext } from '../../config/context-store.ts';
import { inspectAll } from '../../inspect/inspect.ts';
import { escapeHtml } from '../../template/index.ts';

const inMemory = { MetadataPath: '<IN MEMORY>', TLSPath: '<IN MEMORY>' };

/** `context inspect [CONTEXT] [CONTEXT...]`: the one in force unless named. */
export default command({
  usage: '[OPTIONS] [CONTEXT] [CONTEXT...]',
  takes: anyArguments,
  completes: 'context',
  flags: {
    format: objectFormat({ short: 'f' }),
  },
  async run({ arguments: names, flags }, cli) {
    const wanted = names.length > 0 ? names : [chooseContext(cli.globals, cli.env, cli.config)];
    await inspectAll(cli, wanted, flags.format, async (name) => ({ json: escapeHtml(JSON.stringify(describe(cli, name))), shape: undefined }));
  },
});

function describe(cli: Cli, name: string): unknown {
  if (name === defaultContext) {
    return { Name: name, Metadata: {}, Endpoints: { docker: { Host: directHost(cli.globals, cli.env), SkipTLSVerify: false } }, TLSMaterial: {}, Storage: inMemory };
  }
  const store = new ContextStore(cli.globals.config);
  const { Name, Metadata, Endpoints } = store.get(name);
  const TLSMaterial = Object.fromEntries(Object.entries(store.tls(name)).map(([endpoint, files]) => [endpoint, Object.keys(files)]));
  return { Name, Metadata, Endpoints, TLSMaterial, Storage: { MetadataPath: store.metaDirectory(name), TLSPath: store.tlsDirectory(name) } };
}
