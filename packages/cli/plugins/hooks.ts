/**
 * Plugins' hooks: after a command on a terminal, the plugins that the configuration names for it (`plugins.NAME.hooks`, a list of
 * commands) may say what to do next. Off unless `DOCKER_CLI_HINTS`, `DOCKER_CLI_HOOKS` or `features.hooks` says otherwise.
 */
import { InvalidArgument, parseBool } from '#base';
import type { Cli } from '../cli.ts';
import type { Flags, ParsedFlags } from '../command/flag.ts';
import { execute, goJson } from '../template/index.ts';
import { functions, type TemplateFunction } from '../template/functions.ts';
import { parseTemplate } from '../template/parser.ts';
import { type Plugin, usablePlugin } from './find.ts';
import { pluginEnvironment } from './run.ts';

/** Where the words of a command led, as far as they could be read. */
export interface Trail {
  /** With the program's name. */
  path: string;
  flags: Flags;
  parsed: ParsedFlags | undefined;
}

/** After a command of one's own, before its failure is told. */
export async function hookCommand(cli: Cli, { path, flags, parsed }: Trail, failure: string): Promise<void> {
  const values = parsed?.values ?? {};
  const names = [...(parsed?.given ?? [])].toSorted();
  const given = Object.fromEntries(names.map((name) => [name, typeof values[name] === 'boolean' ? String(values[name]) : '']));
  await runHooks(cli, { path: path.split(' ').slice(1).join(' '), flags, values, given: parsed?.help ? { ...given, help: 'true' } : given, arguments: parsed?.rest ?? [] }, failure);
}

/** After a plugin's command. Its flags are its own to know: whatever looks like one, without a value. */
export async function hookPlugin(cli: Cli, words: readonly string[]): Promise<void> {
  const given = Object.fromEntries(words.filter((word) => word.startsWith('-')).map((word) => [word.replace(/^--?/, ''), '']));
  await runHooks(cli, { path: words.join(' '), flags: {}, values: {}, given, arguments: [] }, '');
}

interface Invoked {
  /** Its words, without the program's name and by their own names: `image ls`. For a plugin, all its words. */
  readonly path: string;
  readonly flags: Flags;
  readonly values: Readonly<Record<string, unknown>>;
  /** Each flag that was given, with its value where that is a boolean. */
  readonly given: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
}

/** Asks the plugins and shows what they say. `error` is what the command failed with. A plugin that misbehaves says nothing. */
async function runHooks(cli: Cli, invoked: Invoked, error: string): Promise<void> {
  if (!areEnabled(cli)) return;
  const lines: string[] = [];
  for (const [name, { hooks = '' }] of Object.entries(cli.config.values.plugins ?? {})) {
    const hook = hooks.split(',').find((each) => each !== '' && `${invoked.path} `.startsWith(`${each} `));
    const plugin = hook === undefined ? undefined : await usablePlugin(name, cli);
    if (plugin) lines.push(...message(await answerOf(plugin, { RootCmd: hook, Flags: invoked.given, CommandError: error }, cli), invoked));
  }
  if (lines.length > 0) cli.stderr.write(`\x1b[1m\nWhat's next:\x1b[0m\n${lines.map((line) => `    ${line}\n`).join('')}`);
}

function areEnabled({ env, config, stdout }: Cli): boolean {
  if (!stdout.isTerminal) return false;
  const said = env['DOCKER_CLI_HINTS'] || env['DOCKER_CLI_HOOKS'] || config.values.features?.['hooks'];
  try {
    return typeof said === 'string' && parseBool(said);
  } catch (error) {
    if (error instanceof InvalidArgument) return false;
    throw error;
  }
}

/** What the plugin prints; empty where it fails. */
async function answerOf({ Name, Path }: Plugin, data: object, cli: Cli): Promise<string> {
  const { execFile } = process.getBuiltinModule('node:child_process');
  return await new Promise((done) => {
    execFile(Path, [Name, 'docker-cli-plugin-hooks', goJson(data, { sortKeys: false })], { env: pluginEnvironment(cli) }, (error, stdout) => done(error ? '' : stdout)).stdin?.end(); // one that reads is not waited for
  });
}

/** The lines of its template, or none. */
function message(answer: string, invoked: Invoked): string[] {
  try {
    const { Type = 0, Template = '' } = JSON.parse(answer) as { Type?: number; Template?: string };
    if (Type !== 0) return [];
    const own = { ...functions, ...functionsOf(invoked) };
    const lines = execute(parseTemplate(Template, '', new Set(Object.keys(own))), { Name: invoked.path.split(' ').at(-1) ?? '' }, { functions: own }).split('\n');
    return lines.some((line) => line.trim() !== '') ? lines : [];
  } catch {
    return []; // neither JSON nor a template
  }
}

function functionsOf({ flags, values, arguments: words }: Invoked): Record<string, TemplateFunction> {
  const flag = (_command: unknown, name: unknown): string => {
    if (!Object.hasOwn(flags, String(name))) throw new InvalidArgument('failed to parse hook template');
    return shown(values[String(name)] ?? flags[String(name)]?.initial);
  };
  return { flag: { takes: ['any', 'string'], call: flag }, arg: { takes: ['any', 'int'], call: (_command: unknown, index: unknown) => words[Number(index)] ?? '' } };
}

/** As pflag shows a value. */
function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(',')}]` : value === undefined || typeof value === 'object' ? '' : String(value);
}
