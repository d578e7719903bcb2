import { closeSync, readdirSync } from 'node:fs';
import { errnoOf } from '#base';
import { attributesOf, copyTree, cwd, openat, openat2, openFlags, resolveFlags, setFdAttributes, statat } from '#kernel';

/**
 * Fills an empty volume with what an image has at the volume's place: contents, owners, modes, attributes, and the
 * directory's own. `root` is the container's root file system, a directory of the host; links in `path` are followed
 * inside it. Returns false, and changes nothing, when the volume holds something or the image has no such directory.
 */
export async function copyUp(root: string, path: string, mountpoint: string): Promise<boolean> {
  if (readdirSync(mountpoint).length > 0) return false;
  const source = openInRoot(root, path);
  if (source === undefined) return false;
  try {
    await copyTree(`/proc/self/fd/${source}/.`, mountpoint, {});
    keepOwnAttributes(source, mountpoint);
    return true;
  } finally {
    closeSync(source);
  }
}

function openInRoot(root: string, path: string): number | undefined {
  const base = openat(cwd, root, openFlags.path | openFlags.directory);
  try {
    return openat2(base, path, { flags: openFlags.read | openFlags.directory, resolve: resolveFlags.inRoot | resolveFlags.noMagicLinks });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  } finally {
    closeSync(base);
  }
}

function keepOwnAttributes(source: number, mountpoint: string): void {
  const target = openat(cwd, mountpoint, openFlags.read | openFlags.directory);
  try {
    setFdAttributes(target, attributesOf(`/proc/self/fd/${source}/.`, statat(source, '')));
  } finally {
    closeSync(target);
  }
}
