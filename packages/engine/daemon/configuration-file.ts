/**
 * The daemon's configuration file, as Docker's daemon.json: the names of the command line's flags (lists by their
 * plural) with their values, and the structured forms that only the file has (runtimes, ulimits, pools, log options).
 */
import { readFileSync } from 'node:fs';
import { errnoOf, InvalidArgument, jsonProblem, messageOf } from '#base';
import type { Given } from './command-line.ts';
import { isMap, kindOf, refuseWrongTypes } from './configuration-types.ts';
import { flags, idleDirectives, refusedFlags, type Flag } from './flags.ts';
import { maskCredentials } from './proxies.ts';

export type ReadFile = (path: string) => string;

/** Flags that name the run, not the daemon: the file cannot set them. */
const ofTheRun = ['config-file', 'help', 'version', 'validate', 'takeover'];

/**
 * The file's directives by flag name. The default file may be missing, one that was named must be there. Throws
 * InvalidArgument in dockerd's words for unknown directives, and for those that `typed` gives too.
 */
export function readConfigurationFile(path: string, options: { named: boolean; typed: Given; readFile?: ReadFile }): Given {
  try {
    const document = withoutGroups(load(path, options));
    refuseUnknown(directivesOf(document));
    refuseConflicts(document, options.typed);
    refuseWrongTypes(document);
    return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null).map(([key, value]) => entryOf(key, value)));
  } catch (error) {
    throw new InvalidArgument(`unable to configure the Docker daemon with file ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function load(path: string, { named, readFile = (at) => readFileSync(at, 'utf8') }: { named: boolean; readFile?: ReadFile }): Record<string, unknown> {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    if (!named) return {};
    throw new InvalidArgument(`open ${path}: no such file or directory`, { cause: error });
  }
  const bare = text.replace(/^\uFEFF/, '').trim();
  if (bare === '') return {};
  const document = parse(bare);
  if (document === null) return {};
  if (!isGroup(document)) throw new InvalidArgument(`json: cannot unmarshal ${kindOf(document)} into Go value of type map[string]interface {}`);
  return document;
}

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws InvalidArgument in dockerd's words. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InvalidArgument(jsonProblem(text), { cause: error });
  }
}

/** The file has the proxies in a group of their own; before it could have one gateway of each family it had one in all, by a name in the singular. */
function withoutGroups({ proxies, 'host-gateway-ip': gateway, ...document }: Record<string, unknown>): Record<string, unknown> {
  const gateways = document['host-gateway-ips'] ?? [];
  return {
    ...document,
    ...(gateway && Array.isArray(gateways) ? { 'host-gateway-ips': [gateway, ...(gateways as unknown[])] } : {}),
    ...(isGroup(proxies) ? proxies : proxies !== undefined && { proxies }),
  };
}

function flagOf(key: string): Flag | undefined {
  return flags.find((flag) => (flag.key ?? flag.name) === key && !ofTheRun.includes(flag.name));
}

/** The directives' names: with any group of values dockerd takes what is in it for directives, but for those whose names are the writer's own. */
function directivesOf(document: Record<string, unknown>): string[] {
  return Object.entries(document).flatMap(([key, value]) => (isGroup(value) && Object.keys(value).length > 0 && !isMap(key) && !Object.hasOwn(idleDirectives, key) ? Object.keys(value) : [key]));
}

function refuseUnknown(directives: readonly string[]): void {
  const unknown = directives.filter((key) => !flagOf(key) && !Object.hasOwn(refusedFlags, key) && !Object.hasOwn(idleDirectives, key));
  if (unknown.length > 0) throw new InvalidArgument(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
  const refused = directives.find((key) => Object.hasOwn(refusedFlags, key));
  if (refused !== undefined) throw new InvalidArgument(`${refused} is not supported: ${refusedFlags[refused]}`);
}

/** Runtimes alone may come from both sides, as with dockerd. */
function refuseConflicts(document: Record<string, unknown>, typed: Given): void {
  const conflicts = Object.entries(document).flatMap(([key, value]) => {
    const name = flagOf(key)?.name ?? '';
    const given = typed[name];
    return given === undefined || key === 'runtimes' ? [] : [`${key}: (from flag: ${shown(given)}, from file: ${shown(value)})`];
  });
  if (conflicts.length === 0) return;
  throw new InvalidArgument(`the following directives are specified both as a flag and in the configuration file: ${conflicts.join(', ')}`);
}

/** A proxy's password is nobody's to see. */
function shown(value: unknown): string {
  return typeof value === 'string' ? maskCredentials(value) : asGo(value);
}

/** A value as Go's `%v` prints it. */
function asGo(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asGo).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `map[${Object.entries(value).toSorted().map(([key, its]) => `${key}:${asGo(its)}`).join(' ')}]`;
}

function entryOf(key: string, value: unknown): [string, string | boolean | readonly string[]] {
  if (key in idleDirectives) return [key, true];
  const flag = flagOf(key) as Flag;
  if (flag.kind === 'list') return [flag.name, listOf(flag, value as object)];
  return [flag.name, typeof value === 'boolean' ? value : String(value)];
}

/** Structured values become the words that the command line has for them; what is null in a list is its type's zero. */
function listOf({ name: flag }: Flag, value: object): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => (flag === 'default-address-pool' ? poolWord((item ?? {}) as Pool) : String(item ?? '')));
  const entries = Object.entries(value);
  if (flag === 'default-network-opt') return entries.flatMap(([driver, its]) => Object.entries((its ?? {}) as object).map(([name, value]) => `${driver}=${name}=${value ?? ''}`));
  if (flag === 'default-ulimit') return entries.filter(([, its]) => its !== null).map(([name, its]) => ulimitWord(name, its as Ulimit));
  if (flag === 'add-runtime') return entries.map(([name, its]) => runtimeWord(name, (its ?? {}) as Runtime));
  return entries.map(([name, its]) => `${name}=${its ?? (flag === 'feature' ? 'false' : '')}`);
}

type Pool = { base?: string; size?: number };
type Ulimit = { Name?: string; Soft?: number; Hard?: number };
type Runtime = { path?: string; runtimeArgs?: readonly string[]; runtimeType?: string };

const poolWord = ({ base = '', size = 0 }: Pool): string => `base=${base},size=${size}`;
const ulimitWord = (key: string, { Name = key, Soft = 0, Hard = Soft }: Ulimit): string => `${Name}=${Soft}:${Hard}`;

/** `name=path` with its arguments behind, each after a NUL, which no argument holds. */
function runtimeWord(name: string, { path = '', runtimeArgs = [], runtimeType }: Runtime): string {
  if (runtimeType !== undefined) throw new InvalidArgument(`runtime ${name}: runtimeType is not supported: there is no containerd`);
  return [`${name}=${path}`, ...runtimeArgs].join('\0');
}
