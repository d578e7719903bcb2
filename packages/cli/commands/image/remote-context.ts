/** Contexts from elsewhere: a git repository (cloned by git), an archive or a Dockerfile behind a URL. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { InvalidArgument, messageOf, Unavailable } from '#base';
import { type BuildContext, dockerfileAlone, isArchive, plainContext } from './context-archive.ts';

/** Fetches; `fromDirectory` makes a context of a clone. Throws Unavailable when the source cannot be had. */
export async function remoteContext(source: string, dockerfile: string, fromDirectory: (directory: string, dockerfile: string) => Promise<BuildContext>): Promise<BuildContext> {
  return isGit(source) ? cloned(source, dockerfile, fromDirectory) : downloaded(source, dockerfile);
}

function isGit(source: string): boolean {
  return !/^https?:/.test(source) || /\.git(?:#.*)?$/.test(source);
}

/** `URL#REF:DIRECTORY`. */
async function cloned(source: string, dockerfile: string, fromDirectory: (directory: string, dockerfile: string) => Promise<BuildContext>): Promise<BuildContext> {
  const [address = '', fragment = ''] = source.split(/#(.*)/s, 2);
  const [ref = '', inner = ''] = fragment.split(/:(.*)/s, 2);
  const directory = await mkdtemp(join(tmpdir(), 'naru-build-git-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const url = address.startsWith('github.com/') ? `https://${address}` : address;
    await git('init', '--quiet', directory);
    await git('-C', directory, 'fetch', '--quiet', '--depth', '1', url, ref || 'HEAD');
    await git('-C', directory, 'checkout', '--quiet', 'FETCH_HEAD');
    await git('-C', directory, 'submodule', '--quiet', 'update', '--init', '--recursive', '--depth', '1');
    const context = await fromDirectory(join(directory, inner), dockerfile);
    return { dockerfile: context.dockerfile, archive: () => context.archive(), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function git(...words: string[]): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('git', words, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, GIT_PROTOCOL_FROM_USER: '0' } });
  const failed = once(child, 'error').then(([error]) => Promise.reject(new Unavailable(`unable to find 'git': ${String(error)}`, { cause: error })));
  const [code] = (await Promise.race([once(child, 'close'), failed])) as [number | null];
  if (code !== 0) throw new Unavailable(`error fetching: git ${words.filter((word) => !word.startsWith('-')).join(' ')} ended with exit status ${code ?? 'unknown'}`);
}

async function downloaded(source: string, dockerfile: string): Promise<BuildContext> {
  const answer = await fetch(source).catch((error: unknown) => {
    throw new Unavailable(`unable to download remote context ${source}: ${messageOf(error instanceof Error && error.cause ? error.cause : error)}`, { cause: error });
  });
  if (!answer.ok) throw new InvalidArgument(`failed to GET ${source} with status ${answer.status} ${answer.statusText}: `);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (isArchive(bytes)) return plainContext(dockerfile || 'Dockerfile', async function* () { yield bytes; });
  return plainContext('Dockerfile', () => dockerfileAlone(bytes));
}
