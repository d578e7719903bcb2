/** A build context in a git repository, `URL#REF:DIRECTORY`, which git itself fetches. */
import { realpathSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf, InvalidArgument, messageOf, quote, Unavailable } from '#base';
import type { BuildContext } from './context-archive.ts';

/**
 * Clones into a temporary directory, which goes with the context. Throws InvalidArgument for a ref that would be an option
 * and for a directory outside the repository; Unavailable, with what git said, when git is missing or fails.
 */
export async function clonedContext(source: string, dockerfile: string, fromDirectory: (directory: string, dockerfile: string) => Promise<BuildContext>): Promise<BuildContext> {
  const { url, ref, inner } = parseSource(source);
  if (ref.startsWith('-')) refuse(new InvalidArgument(`invalid refspec: ${ref}`));
  const directory = await mkdtemp(join(tmpdir(), 'naru-build-git-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const chosen = await clone(directory, url, ref).then(() => (inner === '' ? directory : directoryWithin(directory, inner))).catch(refuse);
    const context = await fromDirectory(chosen, dockerfile);
    return { dockerfile: context.dockerfile, archive: () => context.archive(), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function parseSource(source: string): { url: string; ref: string; inner: string } {
  const [address = '', fragment = ''] = source.split(/#(.*)/s, 2);
  const [ref = '', inner = ''] = fragment.split(/:(.*)/s, 2);
  return { url: address.startsWith('github.com/') ? `https://${address}` : address, ref: ref || 'HEAD', inner };
}

async function clone(directory: string, url: string, ref: string): Promise<void> {
  await git(directory, `failed to init repo at ${directory}`, 'init');
  await git(directory, `failed add origin repo at ${url}`, 'remote', 'add', 'origin', url);
  await fetchLast(directory, ref);
  // a branch by its own name where that is one, so that the clone knows it
  await git(directory, `error checking out ${ref}`, 'checkout', ref, '--').catch(() => git(directory, `error checking out ${ref}`, 'checkout', 'FETCH_HEAD', '--'));
  await git(directory, 'error initializing submodules', 'submodule', 'update', '--init', '--recursive', '--depth=1');
}

/** A server that cannot cut history short, as one of plain files, gives all of it. */
async function fetchLast(directory: string, ref: string): Promise<void> {
  const fetch = (...options: string[]): Promise<void> => git(directory, 'error fetching', 'fetch', ...options, 'origin', '--', ref);
  try {
    await fetch('--depth', '1');
  } catch (error) {
    if (!/does not support (?:--)?shallow/i.test(messageOf(error))) throw error;
    await fetch();
  }
}

/** In docker's words; a missing git is told as it is. */
function refuse(error: unknown): never {
  if (error instanceof MissingGit) throw error;
  throw new Unavailable(`unable to 'git clone' to temporary context directory: ${messageOf(error)}`, { cause: error });
}

class MissingGit extends Unavailable {}

/** A repository's directory, its links followed: it may not lead out of the clone. */
function directoryWithin(root: string, inner: string): string {
  const top = realpathSync(root);
  const path = realpathSync(join(top, inner));
  if (path !== top && !path.startsWith(`${top}/`)) throw new InvalidArgument(`error setting git context, ${quote(inner)} not within git root`);
  if (!statSync(path).isDirectory()) throw new InvalidArgument(`error setting git context, not a directory: ${path}`);
  return path;
}

/** Runs git; it may use no repository of this machine as a submodule. What it says, in words that can be told apart, is told only when it fails. */
async function git(directory: string, failure: string, ...words: string[]): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('git', ['-c', 'protocol.file.allow=never', ...words], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GIT_PROTOCOL_FROM_USER: '0', LC_ALL: 'C' } });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = Promise.withResolvers<number | string>();
  child.on('error', ended.reject).on('close', (code, signal) => ended.resolve(code ?? signal ?? 'unknown'));
  const code = await ended.promise.catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new MissingGit('unable to find \'git\': exec: "git": executable file not found in $PATH', { cause: error });
  });
  if (code !== 0) throw new Unavailable(`${failure}: ${Buffer.concat(said).toString()}: exit status ${code}`);
}
