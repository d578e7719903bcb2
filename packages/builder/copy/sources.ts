/** What COPY and ADD take: paths of the context or of an image, with wildcards, and for ADD addresses. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { errnoOf, InvalidArgument, isKind, NotFound } from '#base';
import { hasWildcard, matchPath } from '#spec';
import { pathInContext } from './path.ts';

export interface Source {
  /** Its real path on the host. */
  readonly path: string;
  /** The name it takes in a directory; with `--parents` a path. */
  readonly name: string;
  readonly directory: boolean;
  /** By which the cache knows it: `file:…`, `dir:…`. */
  readonly checksum: string;
  /** ADD unpacks what comes from the context, never what comes from an address. */
  readonly remote: boolean;
}

/** Checksum of names, kinds, modes and contents of a file or of a tree. */
export type Checksum = (path: string) => Promise<string>;

export interface SourceTree {
  readonly root: string;
  readonly kind: 'context' | 'image';
  readonly checksum: Checksum;
}

/** The files that one source word names, in order; none for a wildcard that matches nothing. Throws in Docker's words. */
export async function findSources(tree: SourceTree, word: string, options: { parents: boolean } = { parents: false }): Promise<Source[]> {
  const path = word.replace(/^\//, '').replace(/^\.\//, '');
  const paths = hasWildcard(path) ? await matches(tree.root, posix.normalize(path)) : [path];
  const found: Source[] = [];
  for (const each of paths) found.push(await sourceAt(tree, each));
  return options.parents ? found.map((source, index) => ({ ...source, name: belowPivot(path, paths[index] ?? path) })) : found;
}

/** With `--parents` a source keeps the directories it lies in, or those behind a `/./` of the word that named it. */
function belowPivot(word: string, path: string): string {
  const pivot = word.indexOf('/./');
  const depth = pivot < 0 ? 0 : posix.normalize(word.slice(0, pivot)).split('/').length;
  return posix.normalize(path).split('/').slice(depth).join('/');
}

/** One checksum for all: alone a source's own. With `--parents` their places below the destination count too. */
export function combined(sources: readonly Source[], { parents }: { parents: boolean }): string {
  const [only, ...more] = sources.map(({ name, checksum }) => (parents ? `parents:${sha256(JSON.stringify([name, checksum]))}` : checksum));
  return more.length === 0 ? (only ?? '') : `multi:${sha256([only, ...more].join(','))}`;
}

async function sourceAt(tree: SourceTree, path: string): Promise<Source> {
  const real = await pathInContext(tree.root, path);
  const directory = await isDirectory(real, path, tree.kind);
  const checksum = sha256(JSON.stringify([posix.normalize(path), await tree.checksum(real)]));
  return { path: real, name: posix.basename(path), directory, checksum: `${directory ? 'dir' : 'file'}:${checksum}`, remote: false };
}

async function isDirectory(real: string, named: string, kind: SourceTree['kind']): Promise<boolean> {
  try {
    return (await stat(real)).isDirectory();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
    const reason = `stat ${named}: file does not exist`;
    throw new NotFound(kind === 'context' ? `file not found in build context or excluded by .dockerignore: ${reason}` : reason);
  }
}

/** Every path below `root` that the pattern matches, directories' names sorted; links are not walked into. */
async function matches(root: string, pattern: string): Promise<string[]> {
  if (!isPattern(pattern)) return [];
  let found = [''];
  const parts = pattern.split('/');
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const next = await Promise.all(found.map((directory) => matchesIn(root, directory, part, last)));
    found = next.flat();
  }
  return found;
}

/** A malformed pattern matches nothing, as with dockerd. */
function isPattern(text: string): boolean {
  try {
    matchPath(text, '');
    return true;
  } catch (error) {
    if (!isKind(error, 'InvalidArgument')) throw error;
    return false;
  }
}

async function matchesIn(root: string, directory: string, part: string, last: boolean): Promise<string[]> {
  const entries = await readdir(join(root, directory, '.'), { withFileTypes: true });
  return entries
    .filter((entry) => (last || entry.isDirectory()) && matchPath(part, entry.name))
    .map((entry) => posix.join(directory, entry.name))
    .toSorted();
}

/** Refuses several sources without a directory to hold them. */
export function requireDirectory(command: string, count: number, destination: string): void {
  if (count > 1 && !destination.endsWith('/')) {
    throw new InvalidArgument(`When using ${command} with more than one source file, the destination must be a directory and end with a /`);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
