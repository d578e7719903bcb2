/**
 * `naru-runtime`: runC's command line over the same compiler and shim that the daemon uses. What runC has and this has
 * not is refused by name. Each command's code is loaded when it is asked for: people wait for the start of it.
 *
 *   naru-runtime [global flags] COMMAND [flags] ID …
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument, messageOf, NotImplemented, ownDirectory } from '#base';
import { loadContainer } from '../direct/container.ts';
import { parseFlags, type Parsed } from './arguments.ts';
import type { Command, Invocation } from './command.ts';
import { type Log, openLog } from './log.ts';
import { print } from './output.ts';

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  checkpoint: async () => (await import('./commands/checkpoint.ts')).checkpoint,
  create: async () => (await import('./commands/create.ts')).create,
  delete: async () => (await import('./commands/delete.ts')).remove,
  events: async () => (await import('./commands/events.ts')).events,
  exec: async () => (await import('./commands/exec.ts')).exec,
  features: async () => (await import('./commands/features.ts')).features,
  kill: async () => (await import('./commands/kill.ts')).kill,
  list: async () => (await import('./commands/state.ts')).list,
  pause: async () => (await import('./commands/pause.ts')).pause,
  ps: async () => (await import('./commands/ps.ts')).ps,
  restore: async () => (await import('./commands/restore.ts')).restore,
  resume: async () => (await import('./commands/pause.ts')).resume,
  run: async () => (await import('./commands/run.ts')).run,
  spec: async () => (await import('./commands/spec.ts')).spec,
  start: async () => (await import('./commands/start.ts')).start,
  state: async () => (await import('./commands/state.ts')).state,
  update: async () => (await import('./commands/update.ts')).update,
};

const globalFlags = [
  { name: 'root', value: true },
  { name: 'log', value: true },
  { name: 'log-format', value: true },
  { name: 'criu', value: true },
  { name: 'rootless', value: true },
  { name: 'debug' },
  { name: 'systemd-cgroup' },
  { name: 'help', short: 'h' },
  { name: 'version', short: 'v' },
];

export interface RuntimeCommand {
  readonly words: readonly string[];
  readonly shimPath: string;
  readonly version: string;
}

/** Resolves with the exit code; whatever goes wrong is told on stderr, and in `--log` when there is one. */
export async function runtimeMain(runtime: RuntimeCommand): Promise<number> {
  let log = openLog({ path: undefined, format: 'text', debug: false });
  let command: Command | undefined;
  try {
    const { flags, rest } = parseFlags(runtime.words, globalFlags);
    log = openLog({ path: flags.get('log')?.at(-1), format: flags.get('log-format')?.at(-1) ?? 'text', debug: flags.has('debug') });
    const [name = '', ...words] = rest;
    if (flags.has('version')) return say(`naru-runtime version ${runtime.version}\nspec: 1.3.0\n`);
    if (flags.has('help') || name === '' || name === 'help') return say(await usage());
    refuseGlobal(flags);
    const found = commands[name];
    if (!found) throw new InvalidArgument(`No help topic for '${name}'`);
    command = await found();
    return await dispatch(runtime, { flags, name, words, command, log });
  } catch (error) {
    log.fail(command?.failure ? `${command.failure}: ${messageOf(error)}` : messageOf(error));
    return command?.failureCode ?? 1;
  }
}

interface Call {
  readonly flags: Parsed['flags'];
  readonly name: string;
  readonly words: readonly string[];
  readonly command: Command;
  readonly log: Log;
}

function dispatch({ shimPath }: RuntimeCommand, { flags, name, words, command, log }: Call): Promise<number> | number {
  const parsed = parseFlags(words, [...command.flags, { name: 'help', short: 'h' }]);
  if (parsed.flags.has('help')) return say(helpOf(command));
  const [least, most] = command.takes;
  const count = parsed.rest.length;
  if (least === most && count !== least) throw new InvalidArgument(`naru-runtime: "${name}" requires exactly ${least} argument(s)`);
  if (count < least) throw new InvalidArgument(`naru-runtime: "${name}" requires a minimum of ${least} argument(s)`);
  if (count > most) throw new InvalidArgument(`naru-runtime: "${name}" requires a maximum of ${most} argument(s)`);
  const root = flags.get('root')?.at(-1) ?? defaultRoot();
  return command.run(invocationOf({ root, shimPath, criu: flags.get('criu')?.at(-1) ?? 'criu', log }, parsed));
}

/** An ordinary user's containers are kept where he may write (XDG Base Directory Specification). */
function defaultRoot(): string {
  const uid = process.geteuid?.() ?? 0;
  return uid === 0 ? '/run/naru-runtime' : join(process.env['XDG_RUNTIME_DIR'] || ownDirectory(`/tmp/naru-${uid}`, uid, 'set XDG_RUNTIME_DIR or --root'), 'naru-runtime');
}

/** Throws for what is asked of cgroups and cannot be had. */
function refuseGlobal(flags: Parsed['flags']): void {
  const rootless = flags.get('rootless')?.at(-1) ?? 'auto';
  if (rootless === 'true' && process.geteuid?.() === 0) throw new NotImplemented('not implemented: --rootless=true for root');
  if (!['auto', 'true', 'false'].includes(rootless)) throw new InvalidArgument(`invalid value for --rootless: ${rootless}`);
  if (!flags.has('systemd-cgroup')) return;
  if (!existsSync('/run/systemd/system')) throw new InvalidArgument('systemd not running on this host, cannot use systemd cgroups manager');
  throw new NotImplemented('not implemented: --systemd-cgroup; cgroups are made by their path');
}

type Setting = Pick<Invocation, 'root' | 'shimPath' | 'criu' | 'log'>;

function invocationOf(setting: Setting, { flags, rest }: Parsed): Invocation {
  const text = (flag: string) => flags.get(flag)?.at(-1);
  return {
    ...setting,
    rest,
    text,
    list: (flag) => flags.get(flag) ?? [],
    isSet: (flag) => flags.has(flag) && text(flag) !== 'false',
    number(flag) {
      const value = Number(text(flag) ?? '0');
      if (!Number.isSafeInteger(value)) throw new InvalidArgument(`invalid value "${text(flag)}" for flag -${flag}: parse error`);
      return value;
    },
    id: () => rest[0] ?? '',
    container: () => loadContainer(setting.root, rest[0] ?? ''),
  };
}

async function usage(): Promise<string> {
  const rows = await Promise.all(Object.entries(commands).map(async ([name, load]) => `   ${name.padEnd(12)}${(await load()).help}`));
  return `Usage: naru-runtime [${globalFlags.map(printFlag).join('] [')}] COMMAND [arguments]\n\nCommands:\n${rows.join('\n')}\n`;
}

function helpOf({ usage: line, help, flags }: Command): string {
  const options = flags.length > 0 ? `\nOptions:\n${flags.map((flag) => `   ${printFlag(flag)}\n`).join('')}` : '';
  return `Usage: naru-runtime ${line}\n\n${help}\n${options}`;
}

function printFlag({ name, short, value }: { name: string; short?: string; value?: boolean }): string {
  return `--${name}${value ? ' VALUE' : ''}${short ? `, -${short}` : ''}`;
}

function say(text: string): number {
  print(text);
  return 0;
}
