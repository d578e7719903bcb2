/** The daemon's configuration, out of its command line and its configuration file. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errnoOf, InvalidArgument, messageOf } from '#base';
import type { EngineConfig, LogLevel } from '../context.ts';
import { flags, type Flag } from './flags.ts';

/** What the command line asks for: a text to print, or a daemon. */
export type Invocation = { readonly kind: 'usage' | 'version' } | { readonly kind: 'daemon'; readonly config: EngineConfig };

type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Throws InvalidArgument with one sentence for whatever is wrong; `readFile` is for tests. */
export function parseInvocation(words: readonly string[], readFile: (path: string) => string = (path) => readFileSync(path, 'utf8')): Invocation {
  const typed = parseWords(words);
  if (typed['help']) return { kind: 'usage' };
  if (typed['version']) return { kind: 'version' };
  const filed = parseFile(typed['config-file'] as string | undefined, readFile);
  for (const name of Object.keys(filed)) {
    if (typed[name] !== undefined) {
      throw new InvalidArgument(`unable to configure the daemon: the following directives are specified both as a flag and in the configuration file: ${name}`);
    }
  }
  return { kind: 'daemon', config: configOf({ ...filed, ...typed }) };
}

function parseWords(words: readonly string[]): Values {
  const options = Object.fromEntries(
    (flags as readonly Flag[]).map(({ name, short, kind }) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const), multiple: kind === 'list', ...(short ? { short } : {}) },
    ]),
  );
  try {
    return parseArgs({ args: [...words], options, strict: true }).values as Values;
  } catch (error) {
    throw new InvalidArgument(`${messageOf(error).split('. ')[0] ?? ''}\nSee 'narud --help'.`, { cause: error });
  }
}

/** The default file may be missing; one that was named must be there. */
function parseFile(named: string | undefined, readFile: (path: string) => string): Values {
  const path = named ?? '/etc/naru/daemon.json';
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(readFile(path)) as Record<string, unknown>;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && named === undefined) return {};
    throw new InvalidArgument(`unable to configure the daemon with file ${path}: ${messageOf(error)}`, { cause: error });
  }
  return Object.fromEntries(Object.entries(document).map(([key, value]) => entryOf(path, key, value)));
}

function entryOf(path: string, key: string, value: unknown): [string, string | boolean | string[]] {
  const flag = (flags as readonly Flag[]).find((it) => (it.key ?? it.name) === key);
  if (!flag) {
    throw new InvalidArgument(`unable to configure the daemon with file ${path}: the following directives don't match any configuration option: ${key}`);
  }
  const fits = flag.kind === 'list' ? Array.isArray(value) : typeof value === (flag.kind === 'switch' ? 'boolean' : 'string') || typeof value === 'number';
  if (!fits) throw new InvalidArgument(`unable to configure the daemon with file ${path}: ${key} has the wrong type`);
  if (Array.isArray(value)) return [flag.name, value.map(String)];
  return [flag.name, typeof value === 'boolean' ? value : String(value)];
}

function configOf(values: Values): EngineConfig {
  const text = (name: string): string => (values[name] as string | undefined) ?? (flags as readonly Flag[]).find((flag) => flag.name === name)?.otherwise ?? '';
  const list = (name: string): readonly string[] => (values[name] as readonly string[] | undefined) ?? [];
  const execRoot = resolve(text('exec-root'));
  const hosts = list('host');
  return {
    hosts: hosts.length > 0 ? hosts : ['unix:///run/naru/naru.sock'],
    dataRoot: resolve(text('data-root')),
    execRoot,
    pidfile: resolve(text('pidfile')),
    group: text('group'),
    registryMirrors: list('registry-mirror'),
    insecureRegistries: list('insecure-registry'),
    logLevel: levelOf(text('log-level'), values['debug'] === true),
    cgroupParent: text('cgroup-parent') || defaultCgroupParent(execRoot),
    defaultAddressPools: [],
    bridge: text('bridge'),
    bip: text('bip'),
    mtu: mtuOf(text('mtu')),
    labels: list('label'),
    debug: values['debug'] === true,
  };
}

/** Daemons beside each other keep their containers apart: the one with the default directories has the short name. */
function defaultCgroupParent(execRoot: string): string {
  if (execRoot === '/run/naru') return '/naru';
  return `/naru-${createHash('sha256').update(execRoot).digest('hex').slice(0, 8)}`;
}

function levelOf(word: string, debug: boolean): LogLevel {
  const level = levels.find((it) => it === word);
  if (!level) throw new InvalidArgument(`invalid logging level: ${word}`);
  return debug ? 'debug' : level;
}

function mtuOf(text: string): number {
  if (text === '') return 0;
  if (!/^\d+$/.test(text) || Number(text) < 68 || Number(text) > 65_535) throw new InvalidArgument(`invalid MTU: ${text}`);
  return Number(text);
}
