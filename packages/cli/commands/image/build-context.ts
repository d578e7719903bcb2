/** Where a build's files come from: a directory, an archive or Dockerfile on standard input, a URL, a git repository. */
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { errnoOf, InvalidArgument, quote } from '#base';
import type { Cli } from '../../cli.ts';
import { archiveMagicEnd, type BuildContext, dockerfileAlone, isArchive, plainContext } from './context-archive.ts';
import { packContext } from './pack-context.ts';
import { remoteContext } from './remote-context.ts';

/** Prepares a context; temporary files are removed with it. Throws InvalidArgument in Docker's words. */
export async function buildContext(cli: Cli, source: string, dockerfile: string): Promise<BuildContext> {
  if (source === '-') {
    if (dockerfile === '-') throw new InvalidArgument('invalid argument: can\'t use stdin for both build context and dockerfile');
    return fromStdin(cli, dockerfile);
  }
  if (isDirectory(source)) return fromDirectory(cli, source, dockerfile);
  if (/^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(source)) return remoteContext(source, dockerfile, (directory, file) => fromDirectory(cli, directory, file));
  throw new InvalidArgument(`path ${quote(source)} not found`);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** An archive, told by its first bytes, goes as it is; anything else is a Dockerfile. */
async function fromStdin(cli: Cli, dockerfile: string): Promise<BuildContext> {
  const source = cli.stdin.bytes()[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let size = 0;
  while (size < archiveMagicEnd) {
    const { done, value } = await source.next();
    if (done) break;
    head.push(value);
    size += value.length;
  }
  const first = Buffer.concat(head);
  const whole = (async function* () {
    yield first;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  })();
  if (isArchive(first)) return plainContext(dockerfile || 'Dockerfile', () => whole);
  if (dockerfile !== '') throw new InvalidArgument('ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles');
  const chunks: Buffer[] = [];
  for await (const chunk of whole) chunks.push(chunk);
  return plainContext('Dockerfile', () => dockerfileAlone(Buffer.concat(chunks)));
}

/** A directory's files but for those that its `.dockerignore` leaves out. */
async function fromDirectory(cli: Cli, path: string, dockerfile: string): Promise<BuildContext> {
  const root = rootOf(path);
  if (dockerfile === '-') {
    const text = await collect(cli.stdin.bytes());
    const name = outsideName();
    return plainContext(name, () => packContext(root, { name, text }));
  }
  const found = dockerfileIn(root, dockerfile);
  const inside = relative(root, found);
  if (!inside.startsWith('..')) return plainContext(inside, () => packContext(root, { name: inside }));
  const name = outsideName();
  return plainContext(name, () => packContext(root, { name, text: readFileSync(found) }));
}

/** The name under which a Dockerfile from elsewhere travels in the context. */
function outsideName(): string {
  return `.dockerfile.${Array.from({ length: 20 }, () => Math.floor(Math.random() * 16).toString(16)).join('')}`;
}

function rootOf(path: string): string {
  let root: string;
  try {
    root = realpathSync(resolve(path));
  } catch (error) {
    throw new InvalidArgument(`unable to evaluate symlinks in context path: ${String(error)}`, { cause: error });
  }
  if (!lstatSync(root).isDirectory()) throw new InvalidArgument(`context must be a directory: ${root}`);
  return root;
}

/** `-f` counts from here; without it `Dockerfile` or `dockerfile` in the context. */
function dockerfileIn(root: string, given: string): string {
  const named = given === '' ? join(root, 'Dockerfile') : resolve(given);
  const lower = join(root, 'dockerfile');
  const path = given === '' && !exists(named) && exists(lower) ? lower : given !== '' && !exists(named) && !isAbsolute(given) && exists(join(root, given)) ? join(root, given) : named;
  try {
    return path.startsWith(`${root}/`) ? inContext(path) : realpathSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new InvalidArgument(`unable to evaluate symlinks in Dockerfile path: lstat ${path}: no such file or directory`, { cause: error });
  }
}

/** Links inside the context are the engine's to follow, unless they lead out of it. */
function inContext(path: string): string {
  realpathSync(path);
  return path;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
