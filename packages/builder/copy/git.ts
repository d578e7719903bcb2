/** A build context, or a source of ADD, that is a git repository: `https://host/path.git#reference:directory`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpath, rm, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { errnoOf, Internal, InvalidArgument, messageOf, Unavailable } from '#base';

export interface GitSource {
  readonly url: string;
  /** Branch, tag or commit; '' for the remote's default branch. */
  readonly reference: string;
  /** Below the repository's root; '' for the root. */
  readonly directory: string;
}

const gitForms = [/^git:\/\//, /^ssh:\/\//, /^git@/, /^github\.com\//, /^https?:\/\/.*\.git(?:#.+)?$/];

/** Understands what `docker build` takes for a repository; undefined for other URLs. */
export function parseGitSource(text: string): GitSource | undefined {
  if (!gitForms.some((form) => form.test(text))) return undefined;
  const hash = text.indexOf('#');
  const url = hash < 0 ? text : text.slice(0, hash);
  const [reference = '', directory = ''] = hash < 0 ? [] : text.slice(hash + 1).split(':', 2);
  return { url: url.startsWith('github.com/') ? `https://${url}` : url, reference, directory };
}

/** Fetches the one commit into `into` (an empty directory) and gives the directory to build from. Needs the `git` command. */
export async function fetchGit(source: GitSource, into: string, { signal, keepGitDirectory = false }: { signal: AbortSignal; keepGitDirectory?: boolean }): Promise<string> {
  if (source.url.startsWith('-') || source.reference.startsWith('-')) throw new InvalidArgument(`invalid refspec: ${source.reference || source.url}`);
  const git = (failure: string, ...args: string[]): Promise<void> => run(into, failure, args, signal);
  await git('failed to init repo', 'init', '--quiet');
  await fetchCommit((...args) => git('error fetching', ...args), source);
  await git('error checking out FETCH_HEAD', 'checkout', '--quiet', 'FETCH_HEAD');
  await git('error initializing submodules', '-c', 'protocol.file.allow=never', 'submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1');
  if (!keepGitDirectory) await rm(join(into, '.git'), { recursive: true, force: true });
  return source.directory === '' ? into : inside(into, source.directory);
}

/** One commit alone; the whole history from a plain file server, which can give no less. */
async function fetchCommit(git: (...args: string[]) => Promise<void>, { url, reference }: GitSource): Promise<void> {
  const fetch = (...depth: string[]): Promise<void> => git('fetch', '--quiet', ...depth, '--recurse-submodules=no', url, reference || 'HEAD');
  try {
    await fetch('--depth', '1');
  } catch (error) {
    if (!messageOf(error).includes('does not support shallow')) throw error;
    await fetch();
  }
}

/** The directory below `root`, with no link leading out of it. */
async function inside(root: string, directory: string): Promise<string> {
  const missing = new Internal(`error setting git context, not a directory: ${directory}`);
  const path = await realpath(join(root, directory)).catch(() => {
    throw missing;
  });
  const top = await realpath(root);
  if (path !== top && !path.startsWith(top + sep)) throw new InvalidArgument(`error setting git context, ${directory} not within git root`);
  if (!(await stat(path)).isDirectory()) throw missing;
  return path;
}

/** No prompt for credentials, neither the machine's configuration nor that of the daemon's user, and none of the transports that git keeps for a person's own hand. */
const environment = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_PROTOCOL_FROM_USER: '0', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', HOME: '/dev/null', LC_ALL: 'C' };

/** What git says stands between what failed and its exit status, its line breaks among it, as in dockerd's message. */
async function run(directory: string, failure: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn('git', args, { cwd: directory, env: environment, stdio: ['ignore', 'ignore', 'pipe'], signal });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Internal(`${failure}: ${Buffer.concat(said).toString('utf8')}: exit status ${code ?? -1}`);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new Unavailable('unable to find \'git\': a git repository as build context needs the git command on the daemon\'s machine', { cause: error });
    throw error;
  }
}
