/**
 * `naru-runtime`: runC's command line over the same compiler and shim that the daemon uses. What runC has and this has
 * not yet is refused by name.
 *
 *   naru-runtime [global flags] COMMAND [flags] ID …
 */
import { appendFileSync } from 'node:fs';
import { InvalidArgument, messageOf, NotFound, NotImplemented } from '#base';
import { planRuntime } from '../plan/runtime.ts';
import { parseFlags, type Parsed } from './arguments.ts';
import type { Command, Invocation } from './command.ts';
import { create } from './commands/create.ts';
import { exec } from './commands/exec.ts';
import { features } from './commands/features.ts';
import { list, ps, state } from './commands/inspect.ts';
import { kill, pause, remove, resume, start } from './commands/lifecycle.ts';
import { run } from './commands/run.ts';
import { spec } from './commands/spec.ts';

const commands: Readonly<Record<string, Command>> = { create, delete: remove, exec, features, kill, list, pause, ps, resume, run, spec, start, state };
const notBuilt = ['checkpoint', 'events', 'restore', 'update'];

const globalFlags = [
  { name: 'root', value: true },
  { name: 'log', value: true },
  { name: 'log-format', value: true },
  { name: 'debug' },
  { name: 'systemd-cgroup' },
  { name: 'rootless', value: true },
  { name: 'help', short: 'h' },
  { name: 'version', short: 'v' },
];

export interface RuntimeCommand {
  readonly words: readonly string[];
  readonly shimPath: string;
  readonly version: string;
}

/** Resolves with the exit code; whatever goes wrong is told on stderr, and in `--log` when there is one. */
export async function runtimeMain(command: RuntimeCommand): Promise<number> {
  let flags: Parsed['flags'] = new Map();
  try {
    const parsed = parseFlags(command.words, globalFlags);
    flags = parsed.flags;
    return await dispatch(command, parsed);
  } catch (error) {
    tell(flags, messageOf(error));
    return 1;
  }
}

async function dispatch({ shimPath, version }: RuntimeCommand, { flags, rest }: Parsed): Promise<number> {
  const [name = '', ...words] = rest;
  if (flags.has('version')) return print(`naru-runtime version ${version}\nspec: 1.3.0\n`);
  if (flags.has('help') || name === '' || name === 'help') return print(usage());
  if (notBuilt.includes(name)) throw new NotImplemented(`not implemented: ${name}`);
  if (flags.has('systemd-cgroup')) throw new NotImplemented('not implemented: --systemd-cgroup');
  const command = commands[name];
  if (!command) throw new InvalidArgument(`No help topic for '${name}'`);
  const parsed = parseFlags(words, [...command.flags, { name: 'help', short: 'h' }]);
  if (parsed.flags.has('help')) return print(`Usage: naru-runtime ${command.usage}\n\n${command.help}\n`);
  const root = flags.get('root')?.at(-1) ?? '/run/naru-runtime';
  const warn = (id: string, message: string): void => void process.stderr.write(`warning: ${id}: ${message}\n`);
  await using runtime = planRuntime({ execRoot: root, shimPath, onWarning: warn });
  return await command.run(invocationOf(root, parsed, runtime));
}

function invocationOf(root: string, { flags, rest }: Parsed, runtime: Invocation['runtime']): Invocation {
  const id = (): string => {
    const [first] = rest;
    if (first === undefined) throw new InvalidArgument('container id cannot be empty');
    return first;
  };
  return {
    runtime,
    root,
    rest,
    text: (flag) => flags.get(flag)?.at(-1),
    list: (flag) => flags.get(flag) ?? [],
    isSet: (flag) => flags.has(flag) && flags.get(flag)?.at(-1) !== 'false',
    id,
    async task() {
      const task = await runtime.load(id());
      if (!task) throw new NotFound('container does not exist');
      return task;
    },
  };
}

function usage(): string {
  const rows = Object.entries(commands).map(([name, { help }]) => `   ${name.padEnd(12)}${help}`);
  return `Usage: naru-runtime [--root DIR] [--log FILE] [--log-format text|json] COMMAND [arguments]\n\nCommands:\n${rows.join('\n')}\n`;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function tell(flags: Parsed['flags'], message: string): void {
  const log = flags.get('log')?.at(-1);
  const entry = { level: 'error', msg: message, time: new Date().toISOString() };
  const line = flags.get('log-format')?.at(-1) === 'json' ? JSON.stringify(entry) : `time="${entry.time}" level=error msg=${JSON.stringify(message)}`;
  if (log) appendFileSync(log, `${line}\n`);
  process.stderr.write(`${line}\n`);
}
