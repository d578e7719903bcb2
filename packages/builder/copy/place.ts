/** Puts sources where COPY and ADD say. */
import { readFile, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { errnoOf } from '#base';
import { ownerOf, type Owner } from './owner.ts';
import { pathInContext } from './path.ts';
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
  /** ADD unpacks archives. */
  readonly unpack: boolean;
}

const rootUser: Owner = { uid: 0, gid: 0 };

/** Copies every source into the file system at `root`. */
export async function placeSources(trees: Trees, root: string, sources: readonly Source[], placing: Placing): Promise<void> {
  const destination = absoluteDestination(placing);
  const owner = await ownerIn(root, placing);
  for (const source of sources) await place(trees, root, source, { destination, owner, unpack: placing.unpack });
}

/** Keeps a trailing slash: it says that the destination is a directory. */
function absoluteDestination({ destination, workingDir }: Placing): string {
  if (destination.startsWith('/')) return destination;
  const path = posix.join('/', workingDir, destination);
  return destination.endsWith('/') && !path.endsWith('/') ? `${path}/` : path;
}

async function ownerIn(root: string, { chown: wanted, keepOwner }: Placing): Promise<Owner | undefined> {
  if (wanted === '') return keepOwner ? undefined : rootUser;
  return ownerOf(wanted, async (path) => textOf(await pathInContext(root, path)));
}

async function place(
  trees: Trees,
  root: string,
  source: Source,
  { destination, owner, unpack }: { destination: string; owner: Owner | undefined; unpack: boolean },
): Promise<void> {
  const path = await pathInContext(root, destination);
  if (source.directory) {
    await trees.makeDirectories(path, owner);
    return trees.copy(source.path, path, { owner });
  }
  if (unpack && !source.remote && (await trees.unpack(source.path, path))) return;
  const target = destination.endsWith('/') || (await isDirectory(path)) ? `${path}/${source.name}` : path;
  await trees.makeDirectories(posix.dirname(target), owner);
  await trees.copy(source.path, target, { owner });
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
