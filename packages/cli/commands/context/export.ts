import { writeFile } from 'node:fs/promises';
import { InvalidArgument, type TarEntry, writeTar } from '#base';
import type { Cli } from '../../cli.ts';
import { between } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { fileComplaint } from '../../file-complaint.ts';
import { directHost } from '../../config/connection.ts';
import { checkContextName, type ContextMeta, ContextStore, defaultContext } from '../../config/context-store.ts';

/** `context export CONTEXT [FILE|-]`: its settings and certificates as a tar archive. */
export default command({
  usage: '[OPTIONS] CONTEXT [FILE|-]',
  takes: between(1, 2),
  completes: ['context'],
  flags: {},
  async run({ arguments: [name = '', file = `${name}.dockercontext`] }, cli) {
    if (name !== defaultContext) checkContextName(name);
    if (file === '-' && cli.stdout.isTerminal) throw new InvalidArgument('cowardly refusing to export to a terminal, specify a file path');
    const archive = writeTar(entriesOf(cli, name));
    if (file === '-') {
      for await (const chunk of archive) cli.stdout.write(chunk);
      return;
    }
    await writeFile(file, archive, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
      throw fileComplaint(error, 'open', file);
    });
    cli.stderr.write(`Written file ${JSON.stringify(file)}\n`);
  },
});

function entriesOf(cli: Cli, name: string): TarEntry[] {
  const store = new ContextStore(cli.globals.config);
  const file = (path: string, body: string | Buffer): TarEntry => ({ member: { name: path, type: 'file', mode: 0o644 }, body });
  const directory = (path: string): TarEntry => ({ member: { name: path, type: 'directory', mode: 0o700 } });
  const meta: ContextMeta = name === defaultContext ? { Name: name, Metadata: {}, Endpoints: { docker: { Host: directHost(cli.globals, cli.env), SkipTLSVerify: false } } } : store.get(name);
  const certificates = Object.entries(store.tls(name)).flatMap(([endpoint, files]) => [directory(`tls/${endpoint}`), ...Object.entries(files).map(([path, body]) => file(`tls/${endpoint}/${path}`, body))]);
  return [file('meta.json', JSON.stringify(meta)), directory('tls'), ...certificates];
}
