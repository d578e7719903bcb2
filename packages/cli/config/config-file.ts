/**
 * The docker command's configuration file, `config.json` in `$DOCKER_CONFIG` or `~/.docker`. Keys that Naru does not
 * know are kept when it is written.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, messageOf } from '#base';

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

/** Reads the file; one that is absent is empty, one that is malformed is empty with a complaint. */
export function readConfigFile(directory: string): ConfigFile {
  const path = join(directory, 'config.json');
  try {
    const values = JSON.parse(readFileSync(path, 'utf8')) as ConfigValues;
    return { path, values: typeof values === 'object' && values !== null ? values : {}, complaint: undefined };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return { path, values: {}, complaint: undefined };
    return { path, values: {}, complaint: `Error loading config file: ${path}: ${messageOf(error)}` };
  }
}

/** Writes the file whole, readable by its owner alone. */
export function writeConfigFile(file: ConfigFile): void {
  mkdirSync(join(file.path, '..'), { recursive: true, mode: 0o700 });
  const temporary = `${file.path}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(file.values, undefined, '\t'), { mode: 0o600 });
  renameSync(temporary, file.path);
}
