/**
 * The docker command's configuration file, `config.json` in `$DOCKER_CONFIG` or `~/.docker`. Keys that Naru does not
 * know are kept when it is written.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, jsonComplaint } from '#base';
import { fileComplaint } from '../file-complaint.ts';
import { dropMistyped, kindOf } from './config-fields.ts';

export interface ConfigFile {
  /** Where it is, whether or not it exists. */
  readonly path: string;
  readonly values: ConfigValues;
  /** What was wrong with it, when it could not be read. */
  readonly complaint: string | undefined;
}

/** The keys in use; formats are `--format` values. */
export interface ConfigValues {
  auths?: Record<string, StoredAuth>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
  HttpHeaders?: Record<string, string>;
  currentContext?: string;
  detachKeys?: string;
  psFormat?: string;
  imagesFormat?: string;
  pluginsFormat?: string;
  volumesFormat?: string;
  networksFormat?: string;
  statsFormat?: string;
  pruneFilters?: string[];
  proxies?: Record<string, Record<string, string>>;
  aliases?: Record<string, string>;
  /** Settings of plugins by name: `hooks` is a list of commands after which it is asked what is next. */
  plugins?: Record<string, { hooks?: string }>;
  features?: Record<string, string>;
  /** Where else than in their own directories plugins of the command line are. */
  cliPluginsExtraDirs?: string[];
}

/** One registry's entry in `auths`; `auth` is base64 of `user:password`. */
export interface StoredAuth {
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** `$DOCKER_CONFIG`, or `.docker` in the home directory. */
export function configDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return env['DOCKER_CONFIG'] || join(env['HOME'] || process.getBuiltinModule('node:os').homedir(), '.docker');
}

/** Reads the file; one that is absent is empty, of one that is malformed what can be read is taken, with docker's complaint. */
export function readConfigFile(directory: string): ConfigFile {
  const path = join(directory, 'config.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return { path, values: {}, complaint: undefined };
    const isDirectory = errnoOf(error) === 'EISDIR';
    return { path, values: {}, complaint: isDirectory ? `Error parsing config file (${path}): read ${path}: is a directory` : `Error loading config file: ${fileComplaint(error, 'open', path).message}` };
  }
  const { values, problem } = parsed(text);
  return { path, values, complaint: problem === undefined ? undefined : `Error parsing config file (${path}): ${problem}` };
}

/** The first document of the text, as Go's decoder takes it; an empty text is an empty one. */
function parsed(text: string): { values: ConfigValues; problem: string | undefined } {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    if (text.trim() === '') return { values: {}, problem: undefined };
    const complaint = jsonComplaint(text);
    if (complaint.kind === 'trailing') return parsed(text.slice(0, complaint.end));
    return { values: {}, problem: complaint.kind === 'syntax' ? complaint.message : 'unexpected EOF' };
  }
  if (values === null) return { values: {}, problem: undefined };
  if (typeof values !== 'object' || Array.isArray(values)) return { values: {}, problem: `json: cannot unmarshal ${kindOf(values)} into Go value of type configfile.ConfigFile` };
  const problem = dropMistyped(values as Record<string, unknown>);
  return { values, problem: problem ?? authProblem(values) };
}

function authProblem({ auths = {} }: ConfigValues): string | undefined {
  for (const { auth } of Object.values(auths)) {
    if (auth === undefined || auth === '') continue;
    const wrong = auth.search(/[^A-Za-z0-9+/=\r\n]/);
    if (wrong >= 0) return `illegal base64 data at input byte ${wrong}`;
    if (!Buffer.from(auth, 'base64').toString().includes(':')) return 'Invalid auth configuration file';
  }
  return undefined;
}

/** Writes the file whole: where a link leads to, with the mode and owner that it had, readable by its owner alone when it is new. Nothing half-written is left when it throws. */
export function writeConfigFile({ path, values }: ConfigFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const target = targetOf(path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    rmSync(temporary, { force: true }); // of a process of that number that was killed
    writeFileSync(temporary, JSON.stringify(values, undefined, '\t'), { mode: 0o600, flag: 'wx' });
    keepOwnership(target, temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileComplaint(error, 'open', temporary);
  }
}

/** Through links, also to a file that is not there. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
    return link ? targetOf(resolve(dirname(path), readlinkSync(path))) : path;
  }
}

function keepOwnership(from: string, to: string): void {
  const before = statSync(from, { throwIfNoEntry: false });
  if (!before) return;
  chmodSync(to, before.mode & 0o777);
  try {
    chownSync(to, before.uid, before.gid);
  } catch (error) {
    if (!/^(?:EPERM|EINVAL)$/.test(errnoOf(error) ?? '')) throw error; // who is not its owner makes it his own; so does a user namespace that has no id for him
  }
}
