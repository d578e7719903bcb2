/**
 * `naru-runtime`: runC's command line over the same compiler and shim that the daemon uses. What runC has and this has
 * not is refused by name. Each command's code is loaded when it is asked for: people wait for the start of it.
 *
 *   naru-runtime [global flags] COMMAND [flags] ID …
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, InvalidArgument, messageOf, NotImplemented, ownDirectory } from '#base';
import { reasonOf, unblockSignal } from '#kernel';
import { loadContainer } from '../direct/container.ts';
import { type FlagSpec, parseFlags, type Parsed } from './arguments.ts';
import type { Command, Invocation } from './command.ts';
import { openLog } from './log.ts';
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

const SIGUSR1 = 10;
/** Those that stay or may have to wait: the signal ends them, as it ends runC, or is handed on. The others, where it is blocked (scripts/executable.ts), are through in some milliseconds. */
const staying: ReadonlySet<string> = new Set(['checkpoint', 'create', 'events', 'exec', 'restore', 'run', 'start']);

/** What runC's command line exits with for a word that is no command. */
const NO_SUCH_COMMAND = 3;

/** Resolves with the exit code; whatever goes wrong is told on stderr, and in `--log` when there is one. */
export async function runtimeMain(runtime: RuntimeCommand): Promise<number> {
  let log = openLog({ path: undefined, format: 'text', debug: false });
  let command: Command | undefined;
  let [name, asked] = ['', false];
  try {
    const { flags, rest } = parseFlags(runtime.words, globalFlags);
    log = openLog({ path: flags.get('log')?.at(-1), format: flags.get('log-format')?.at(-1) ?? 'text', debug: flags.has('debug') });
    const words = rest.slice(1);
    name = rest[0] ?? '';
    if (flags.has('version')) return say(`naru-runtime version ${runtime.version}\nspec: 1.3.0\n`);
    if (flags.has('help') || name === '' || name === 'help') return say(await usage());
    refuseGlobal(flags);
    const found = commands[name];
    if (!found) {
      log.fail(`No help topic for '${name}'`);
      return NO_SUCH_COMMAND;
    }
    command = await found();
    const parsed = parseCall(name, words, command);
    if (parsed.flags.has('help')) return say(helpOf(name, command));
    asked = true;
    if (staying.has(name)) unblockSignal(SIGUSR1);
    return await command.run(invocationOf({ root: resolve(flags.get('root')?.at(-1) ?? defaultRoot()), shimPath: runtime.shimPath, criu: flags.get('criu')?.at(-1) ?? 'criu', systemd: flags.has('systemd-cgroup'), log }, parsed));
  } catch (error) {
    if (!asked && command) print(`Incorrect Usage.\n\n${helpOf(name, command)}`);
    log.fail(asked && command?.failure ? `${command.failure}: ${sentenceOf(error)}` : sentenceOf(error));
    return (asked && command?.failureCode) || 1;
  }
}

/** Node's own errors in the words of Go's programs: `open /x: no such file or directory`. */
function sentenceOf(error: unknown): string {
  if (!errnoOf(error) || !(error instanceof Error && 'syscall' in error && 'errno' in error)) return messageOf(error);
  const path = 'path' in error ? ` ${String(error.path)}` : '';
  return /^[A-Z0-9]+: /.test(error.message) ? `${String(error.syscall)}${path}: ${reasonOf(error)}` : error.message;
}

/** Throws InvalidArgument for flags or a number of words that the command does not take. */
function parseCall(name: string, words: readonly string[], command: Command): Parsed {
  const parsed = parseFlags(words, [...command.flags, { name: 'help', short: 'h' }], !command.passesWords);
  if (parsed.flags.has('help')) return parsed;
  const [least, most] = command.takes;
  const count = parsed.rest.length;
  if (least === most && count !== least) throw new InvalidArgument(`naru-runtime: "${name}" requires exactly ${least} argument(s)`);
  if (count < least) throw new InvalidArgument(`naru-runtime: "${name}" requires a minimum of ${least} argument(s)`);
  if (count > most) throw new InvalidArgument(`naru-runtime: "${name}" requires a maximum of ${most} argument(s)`);
  return parsed;
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
}

type Setting = Pick<Invocation, 'root' | 'shimPath' | 'criu' | 'systemd' | 'log'>;

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
  return `NAME:\n   naru-runtime - Open Container Initiative runtime\n\nUSAGE:\n   naru-runtime [global options] command [command options] [arguments...]\n\nCOMMANDS:\n${rows.join('\n')}\n\nGLOBAL OPTIONS:\n${printFlags(globalFlags)}`;
}

function helpOf(name: string, { usage: line, help, flags }: Command): string {
  const options = flags.length > 0 ? `\nOPTIONS:\n${printFlags(flags)}` : '';
  return `NAME:\n   naru-runtime ${name} - ${help}\n\nUSAGE:\n   naru-runtime ${line}\n${options}`;
}

const printFlags = (flags: readonly FlagSpec[]): string => flags.map((flag) => `   ${printFlag(flag)}\n`).join('');

function printFlag({ name, short, value }: { name: string; short?: string; value?: boolean }): string {
  return `--${name}${value ? ' VALUE' : ''}${short ? `, -${short}` : ''}`;
}

function say(text: string): number {
  print(text);
  return 0;
}
