/**
 * The command line's plugins: programs called `docker-NAME` in directories of their own, each a command of that name. What
 * one is it says itself, when it is run with `docker-cli-plugin-metadata`.
 */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, jsonProblem, quote } from '#base';
import type { Cli } from '../cli.ts';
import { compareNaturally } from '../format/natural-order.ts';

/** What a plugin says of itself, where it is, and what is wrong with it. In the order in which `info` shows it. */
export interface Plugin {
  readonly SchemaVersion?: string;
  readonly Vendor?: string;
  readonly Version?: string;
  readonly ShortDescription?: string;
  readonly URL?: string;
  readonly Name: string;
  readonly Path: string;
  /** Why it cannot be used. */
  readonly Err?: string;
  /** Others of its name, which it hides. */
  readonly ShadowedPaths?: readonly string[];
}

const systemDirectories = ['/usr/local/lib/docker/cli-plugins', '/usr/local/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', '/usr/libexec/docker/cli-plugins'];
const prefix = 'docker-';
const properName = /^[a-z][a-z0-9]*$/;

/** The plugin of that name that may be run, or undefined. */
export async function usablePlugin(name: string, cli: Cli): Promise<Plugin | undefined> {
  const plugin = await namedPlugin(name, cli);
  return plugin?.Err === undefined ? plugin : undefined;
}

/** The plugin of that name, whatever it is worth, or undefined. */
export async function namedPlugin(name: string, cli: Cli): Promise<Plugin | undefined> {
  const paths = properName.test(name) ? candidates(cli).get(name) : undefined;
  return paths && (await examine(cli, name, paths));
}

/** All of them, by name. */
export async function allPlugins(cli: Cli): Promise<Plugin[]> {
  const found = await Promise.all(Array.from(candidates(cli), ([name, paths]) => examine(cli, name, paths)));
  return found.sort((a, b) => compareNaturally(a.Name, b.Name));
}

/** Programs by name; the first path is the one that counts. */
function candidates(cli: Cli): Map<string, string[]> {
  const directories = [...(cli.config.values.cliPluginsExtraDirs ?? []), join(cli.globals.config, 'cli-plugins'), ...systemDirectories];
  const found = new Map<string, string[]>();
  for (const directory of directories) {
    for (const file of namesIn(directory)) {
      if (!file.startsWith(prefix)) continue;
      const name = file.slice(prefix.length);
      found.set(name, [...(found.get(name) ?? []), join(directory, file)]);
    }
  }
  return found;
}

/** Files and links; none where there is no such directory, or it may not be read. */
function namesIn(directory: string): string[] {
  try {
    if (!statSync(directory).isDirectory()) return [];
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name).sort();
  } catch {
    return []; // what cannot be looked into holds no plugins for this user
  }
}

async function examine(cli: Cli, name: string, [path = '', ...shadowed]: readonly string[]): Promise<Plugin> {
  const place = { Name: name, Path: path, ...(shadowed.length > 0 ? { ShadowedPaths: shadowed } : {}) };
  const builtin = cli.builtIn(name);
  if (!properName.test(name)) return { ...place, Err: `plugin candidate ${quote(name)} did not match ${quote(properName.source)}` };
  if (builtin !== undefined) return { ...place, Err: `plugin ${quote(name)} duplicates ${builtin === name ? 'builtin command' : `an alias of builtin command ${quote(builtin)}`}` };
  const { said, failure } = await metadataOf(path);
  if (said === undefined) return { ...place, Err: failure };
  const { SchemaVersion = '', Vendor = '' } = said;
  const plugin = { ...said, ...place };
  if (SchemaVersion !== '0.1.0') return { ...plugin, Err: `plugin SchemaVersion ${quote(SchemaVersion)} is not valid, must be 0.1.0` };
  return Vendor === '' ? { ...plugin, Err: 'plugin metadata does not define a vendor' } : plugin;
}

type Metadata = Pick<Plugin, 'SchemaVersion' | 'Vendor' | 'Version' | 'ShortDescription' | 'URL'>;

/** Runs it for what it says of itself. */
async function metadataOf(path: string): Promise<{ said?: Metadata; failure: string }> {
  const { execFile } = process.getBuiltinModule('node:child_process');
  const { error, stdout } = await new Promise<{ error: Error | null; stdout: string }>((done) => {
    execFile(resolve(path), ['docker-cli-plugin-metadata'], (failed, out) => done({ error: failed, stdout: out })).stdin?.end(); // one that reads is not waited for
  });
  if (error) return { failure: `failed to fetch metadata: ${whyNot(error, path)}` };
  try {
    const { SchemaVersion, Vendor, Version, ShortDescription, URL } = (JSON.parse(stdout) ?? {}) as Metadata;
    return { said: defined({ SchemaVersion, Vendor, Version, ShortDescription, URL }), failure: '' };
  } catch {
    return { failure: `invalid metadata: ${jsonProblem(stdout)}` };
  }
}

function whyNot(error: Error & { code?: unknown }, path: string): string {
  if (typeof error.code === 'number') return `exit status ${error.code}`;
  const reasons: Readonly<Record<string, string>> = { EACCES: 'permission denied', ENOENT: 'no such file or directory', ENOEXEC: 'exec format error' };
  return `fork/exec ${path}: ${reasons[errnoOf(error) ?? ''] ?? error.message}`;
}

function defined(metadata: { readonly [K in keyof Metadata]: string | undefined }): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined && value !== '')) as Metadata;
}
