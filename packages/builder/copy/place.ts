/** Puts sources where COPY and ADD say. */
import { readFile, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { errnoOf, InvalidArgument, tolerate } from '#base';
import type { ModeChange } from '#kernel';
import { ownerOf, type Owner } from './owner.ts';
import { clearWay, pathInContext } from './path.ts';
import type { Source } from './sources.ts';
import type { Trees } from './trees.ts';

export interface Placing {
  /** As written. */
  readonly destination: string;
  /** A relative destination starts here. */
  readonly workingDir: string;
  readonly chown: string;
  /** Without --chown: files keep their owner instead of becoming root's. */
  readonly keepOwner: boolean;
  /** Permission bits of everything copied, or what becomes of each file's own; undefined keeps those. */
  readonly mode: ModeChange | undefined;
  /** The files go where the words say, whatever is there: a link in the way is replaced, not followed. */
  readonly link: boolean;
  /** Source's names are paths below the destination, a directory's too. */
  readonly parents: boolean;
  /** Which archives are unpacked: ADD does it with those that were not fetched. */
  readonly unpack: boolean | 'local';
}

const rootUser: Owner = { uid: 0, gid: 0 };

/** Copies every source into the file system at `root`. */
export async function placeSources(trees: Trees, root: string, sources: readonly Source[], placing: Placing): Promise<void> {
  const destination = absoluteDestination(placing);
  const owner = await ownerIn(root, placing);
  for (const source of sources) {
    try {
      await place(trees, root, source, { ...placing, destination, owner });
    } catch (error) {
      if (errnoOf(error) !== 'ENOTDIR') throw error;
      throw new InvalidArgument(`failed to copy files: ${intoFile(source, destination)}: not a directory`, { cause: error });
    }
  }
}

/** Keeps a trailing slash: it says that the destination is a directory. */
function absoluteDestination({ destination, workingDir }: Placing): string {
  if (destination.startsWith('/')) return destination;
  if (destination === '.') return posix.join('/', workingDir, '/');
  const path = posix.join('/', workingDir, destination);
  return destination.endsWith('/') && !path.endsWith('/') ? `${path}/` : path;
}

async function ownerIn(root: string, { chown: wanted, keepOwner }: Placing): Promise<Owner | undefined> {
  if (wanted === '') return keepOwner ? undefined : rootUser;
  return ownerOf(wanted, async (path) => textOf(await pathInContext(root, path)));
}

/** What dockerd would have been doing when it met a file where a directory has to be; the path is the image's. */
function intoFile({ directory }: Source, destination: string): string {
  if (directory) return `failed to copy directory: mkdir ${destination}`;
  return destination.endsWith('/') ? `failed to create new directory: mkdir ${destination}` : `lstat ${destination}`;
}

type Place = Pick<Placing, 'destination' | 'mode' | 'link' | 'parents' | 'unpack'> & { readonly owner: Owner | undefined };

async function place(trees: Trees, root: string, source: Source, { destination, owner, mode, link, parents, unpack }: Place): Promise<void> {
  const wanted = parents && source.directory ? posix.join(destination, source.name) : destination;
  const unpacks = unpack === 'local' ? !source.remote : unpack;
  const path = link ? await clearWay(root, wanted, { last: source.directory || wanted.endsWith('/') || unpacks }) : await pathInContext(root, wanted);
  if (source.directory) {
    await trees.makeDirectories(path, owner);
    return trees.copy(source.path, path, { owner, mode });
  }
  if (unpacks && (await trees.unpack(source.path, path))) return;
  const target = parents || destination.endsWith('/') || (!link && (await isDirectory(path))) ? `${path}/${source.name}` : path;
  await trees.makeDirectories(posix.dirname(target), owner);
  await trees.copy(source.path, target, { owner, mode });
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(tolerate(['ENOENT', 'ENOTDIR'], undefined));
  return found?.isDirectory() ?? false;
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(tolerate(['ENOENT', 'ENOTDIR'], undefined));
}
