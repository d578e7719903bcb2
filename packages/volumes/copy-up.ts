import { closeSync, readdirSync } from 'node:fs';
import { attributesOf, copyTree, cwd, openat, openFlags, setFdAttributes, statat } from '#kernel';
import { openMountPlace } from './mount-place.ts';

/**
 * Fills an empty volume with what an image has at the volume's place: contents, owners, modes, attributes, and the
 * directory's own. `root` is the container's root file system, a directory of the host; links in `path` are followed
 * inside it. Returns false, and changes nothing, when the volume holds something or the image has
 * nothing there. Throws Internal when it has a file.
 */
export async function copyUp(root: string, path: string, mountpoint: string): Promise<boolean> {
  if (readdirSync(mountpoint).length > 0) return false;
  const source = openMountPlace(root, path, `source ${path} is not directory`);
  if (source === undefined) return false;
  try {
    await copyTree(`/proc/self/fd/${source}/.`, mountpoint, {});
    keepOwnAttributes(source, mountpoint);
    return true;
  } finally {
    closeSync(source);
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
