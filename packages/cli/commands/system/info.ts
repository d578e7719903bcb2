import { messageOf, quote } from '#base';
import { calls, type InfoAnswer } from '#client';
import type { Cli } from '../../cli.ts';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { execute, goJson, nil, parseTemplate, recordFields, Struct } from '../../template/index.ts';
import { infoShape } from '../../inspect/info-shape.ts';
import { listOf, pointer, struct, text, typed } from '../../inspect/shape.ts';
import { allPlugins, type Plugin } from '../../plugins/find.ts';
import { clientFacts } from '../../version.ts';
import { infoLines, warningsOf } from './info-page.ts';

/** `info`: the client's half is shown even when no engine answers. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    format: objectFormat({ short: 'f' }),
  },
  async run({ flags }, cli) {
    const client = { ...clientOf(cli), Plugins: await allPlugins(cli) };
    const alone = /\.[a-zA-Z]/.test(flags.format) ? renderedAlone(flags.format, client) : undefined; // without a field it is all that is meant
    if (alone !== undefined) return void cli.stdout.write(`${alone}\n`);
    const { server, failure } = await ask(cli);
    const asked = typed(infoShape, server) as Struct;
    if (flags.format === 'json') cli.stdout.write(`${goJson(whole(client, asked, failure))}\n`);
    else if (flags.format !== '') render(cli, flags.format, infoStruct(client, asked, failure));
    else {
      const head = ['Client: Naru', ` Version:    ${client.Version}`, ` Context:    ${client.Context}`, ` Debug Mode: ${client.Debug}`, ...pluginLines(client.Plugins), '', 'Server:'];
      const unusable = client.Plugins.flatMap(({ Path, Err }) => (Err === undefined ? [] : [`WARNING: Plugin ${quote(Path)} is not valid: ${Err}`]));
      cli.stdout.write(`${[...head, ...(server ? infoLines(server, cli.globals.debug) : [])].join('\n')}\n${server ? '\n' : ''}`);
      for (const warning of [...unusable, ...(server ? warningsOf(server) : [])]) cli.stderr.write(`${warning}\n`);
    }
    if (failure !== undefined) throw new Exit(1, failure);
  },
});

/** The plugins that can be run. */
function pluginLines(plugins: readonly Plugin[]): string[] {
  const usable = plugins.filter(({ Err }) => Err === undefined);
  if (usable.length === 0) return [];
  return [' Plugins:', ...usable.flatMap(({ Name, ShortDescription, Vendor, Version, Path }) => [`  ${Name}: ${ShortDescription ?? '<unknown>'} (${Vendor})`, ...(Version ? [`    Version:  ${Version}`] : []), `    Path:     ${Path}`])];
}

async function ask(cli: Cli): Promise<{ server: InfoAnswer | undefined; failure: string | undefined }> {
  try {
    return { server: await cli.engine().call(calls.info, { signal: cli.interrupted }), failure: undefined };
  } catch (error) {
    return { server: undefined, failure: messageOf(error) };
  }
}

type ClientInfo = ReturnType<typeof clientOf> & { readonly Plugins: readonly Plugin[] };

function clientOf(cli: Cli) {
  const { Version, GoVersion, Os, Arch } = clientFacts;
  return { Debug: cli.globals.debug, Version, DefaultAPIVersion: cli.engine().version, GoVersion, Os, Arch, Context: cli.connection().context, Warnings: null };
}

/** What the template makes of the client's half alone; undefined where it needs the engine. */
function renderedAlone(format: string, client: ClientInfo): string | undefined {
  try {
    return execute(parsed(format), infoStruct(client));
  } catch {
    return undefined; // it asks for more, or is wrong, which is told when it is tried on all
  }
}

/** Prints what the template makes, and the line's end even where it fails. Throws Exit 64 for one that cannot be read. */
function render(cli: Cli, format: string, info: Struct): void {
  const template = (() => {
    try {
      return parsed(format);
    } catch (error) {
      throw new Exit(64, `template parsing error: ${messageOf(error)}`, { cause: error });
    }
  })();
  let shown = '';
  try {
    shown = execute(template, info);
  } finally {
    cli.stdout.write(`${shown}\n`);
  }
}

const pluginShape = struct('manager.Plugin', { SchemaVersion: text, Vendor: text, Version: text, ShortDescription: text, URL: text, Name: text, Path: text, Err: pointer(text, 'error'), ShadowedPaths: listOf(text) });

function parsed(format: string): ReturnType<typeof parseTemplate> {
  return parseTemplate(format);
}

/** docker's `info`: the engine's half `typed`, where it has been asked at all, among the client's. */
function infoStruct(client: ClientInfo, server?: Struct, failure?: string): Struct {
  const known = recordFields({ ...client, Plugins: client.Plugins.map((plugin) => typed(pluginShape, plugin)) });
  const errors = failure === undefined ? nil([]) : [failure];
  const fields = infoShape.fields.flatMap(([name]) => (server ? [[name, server.fields.get(name)] as const] : []));
  const shown = new Map<string, unknown>([...fields, ['ServerErrors', errors], ['UserName', ''], ['ClientErrors', nil([])], ['ClientInfo', new Struct('*system.clientInfo', known, () => client)]]);
  return new Struct('system.dockerInfo', shown, () => whole(client, server, failure));
}

function whole(client: ClientInfo, server: Struct | undefined, failure: string | undefined): object {
  return { ...(failure === undefined ? (server?.json() as object | undefined) : { ServerErrors: [failure] }), ClientInfo: client };
}
