import { messageOf } from '#base';
import { calls, clientVersion, type VersionAnswer } from '#client';
import type { Cli } from '../../cli.ts';
import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { tabulate } from '../../format/tabwriter.ts';
import { execute, goJson, parseTemplate } from '../../template/index.ts';
import { clientFacts } from '../../version.ts';
import { any, listOf, mapOf, pointer, struct, text, typed } from '../../inspect/shape.ts';

/** `version`: the client's half is shown even when no engine answers. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    format: objectFormat({ short: 'f' }),
  },
  async run({ flags }, cli) {
    const template = flags.format === '' || flags.format === 'json' ? undefined : parse(flags.format);
    const { server, failure } = await ask(cli);
    const client = clientOf(cli);
    if (template) cli.stdout.write(tabulate(`${rendered(cli, template, { Client: client, Server: server }, failure !== undefined)}\n`, { minWidth: 20, padding: 1 }));
    else if (flags.format === 'json') cli.stdout.write(`${goJson({ Client: client, Server: server ?? null })}\n`);
    else cli.stdout.write(page(client, server));
    if (failure !== undefined) throw new Exit(1, failure);
  },
});

const component = struct('types.ComponentVersion', { Name: text, Version: text, Details: mapOf(text) });
const serverShape = struct('system.serverVersion', {
  Platform: struct('struct { Name string }', { Name: text }), Components: listOf(component), Version: text, 'APIVersion/ApiVersion': text, MinAPIVersion: text, GitCommit: text, GoVersion: text, Os: text, Arch: text,
  KernelVersion: text, Experimental: any, BuildTime: text,
});
const versionShape = struct('system.versionInfo', {
  Client: struct('system.clientVersion', { Version: text, 'APIVersion/ApiVersion': text, DefaultAPIVersion: text, GitCommit: text, GoVersion: text, Os: text, Arch: text, BuildTime: text, Context: text }),
  Server: pointer(serverShape),
});

function parse(format: string): ReturnType<typeof parseTemplate> {
  try {
    return parseTemplate(format, 'version');
  } catch (error) {
    throw new Exit(64, `template parsing error: ${messageOf(error)}`, { cause: error });
  }
}

/** With no engine to tell of, a template that asks for it makes nothing: that the engine is missing is said anyway. */
function rendered(cli: Cli, template: ReturnType<typeof parse>, versions: object, alone: boolean): string {
  try {
    return execute(template, typed(versionShape, versions));
  } catch (error) {
    if (alone) return '';
    cli.stdout.write('\n'); // the line that the template would have been
    throw error;
  }
}

async function ask(cli: Cli): Promise<{ server: VersionAnswer | undefined; failure: string | undefined }> {
  try {
    return { server: asShown(await cli.engine().call(calls.version, { signal: cli.interrupted })), failure: undefined };
  } catch (error) {
    return { server: undefined, failure: messageOf(error) };
  }
}

/** The engine tells when it was built in its own form and, as a part among others, in C's. */
function asShown(server: VersionAnswer): VersionAnswer {
  const Components = server.Components?.map((part) => (part.Name === 'Engine' && part.Details?.['BuildTime'] !== undefined ? { ...part, Details: { ...part.Details, BuildTime: builtAt(part.Details['BuildTime']) } } : part));
  return { ...server, ...(Components && { Components }) };
}

type ClientVersion = Readonly<Record<'Version' | 'ApiVersion' | 'DefaultAPIVersion' | 'GoVersion' | 'Os' | 'Arch' | 'Context', string>>;

function clientOf(cli: Cli): ClientVersion {
  return { Version: clientFacts.Version, ApiVersion: cli.engine().version, DefaultAPIVersion: clientVersion, GoVersion: clientFacts.GoVersion, Os: clientFacts.Os, Arch: clientFacts.Arch, Context: cli.connection().context };
}

function page(client: ClientVersion, server: VersionAnswer | undefined): string {
  const api = client.ApiVersion === client.DefaultAPIVersion ? client.ApiVersion : `${client.ApiVersion} (downgraded from ${client.DefaultAPIVersion})`;
  const lines = [
    'Client: Naru',
    ...pairs(' ', 20, [['Version', client.Version], ['API version', api], ['Node version', process.version], ['OS/Arch', `${client.Os}/${client.Arch}`], ['Context', client.Context]]),
  ];
  return `${[...lines, ...(server ? ['', ...serverLines(server)] : [])].join('\n')}\n`;
}

function serverLines(server: VersionAnswer): string[] {
  const title = server.Platform?.Name ? `Server: ${server.Platform.Name}` : 'Server:';
  const components = server.Components ?? [{ Name: 'Engine', Version: server.Version, Details: engineDetails(server) }];
  return [title, ...components.flatMap(({ Name, Version, Details }) => [` ${Name}:`, ...componentLines(Name, Version, Details ?? {})])];
}

function engineDetails(server: VersionAnswer): Record<string, string> {
  const { ApiVersion, MinAPIVersion = '', GitCommit, GoVersion, Os, Arch, BuildTime = '', Experimental = false } = server;
  return { ApiVersion, MinAPIVersion, GitCommit, GoVersion, Os, Arch, BuildTime, Experimental: String(Experimental) };
}

function componentLines(name: string, version: string, details: Readonly<Record<string, string>>): string[] {
  const of = (key: string): string => details[key] ?? '';
  if (name !== 'Engine') return pairs('  ', 20, [['Version', version], ...Object.keys(details).sort().map((key): [string, string] => [key, of(key)])]);
  return pairs('  ', 20, [
    ['Version', version],
    ['API version', `${of('ApiVersion')} (minimum version ${of('MinAPIVersion')})`],
    ['Go version', of('GoVersion')],
    ['Git commit', of('GitCommit')],
    ['Built', builtAt(of('BuildTime'))],
    ['OS/Arch', `${of('Os')}/${of('Arch')}`],
    ['Experimental', of('Experimental')],
  ]);
}

/** A time in RFC 3339 the way C's ctime writes it; other texts as they are. */
function builtAt(time: string): string {
  const date = new Date(time);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(time) || Number.isNaN(date.getTime())) return time;
  const [weekday = '', day = '', month = '', year = '', clock = ''] = date.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
}

function pairs(indent: string, width: number, entries: readonly (readonly [string, string])[]): string[] {
  return entries.map(([key, value]) => `${`${indent}${key}:`.padEnd(width)}${value}`);
}
