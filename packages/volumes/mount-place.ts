import { closeSync } from 'node:fs';
import { errnoOf, Internal, tolerating } from '#base';
import { cwd, openat, openat2, openFlags, resolveFlags } from '#kernel';

/**
 * Opens the directory of an image on which a volume is to be mounted; undefined where the image has nothing. `root` is the
 * container's root file system, a directory of the host; links in `path` are followed inside it. The caller closes the
 * descriptor. Throws Internal where a file is there or on the way; `taken` says the first.
 */
export function openMountPlace(root: string, path: string, taken: string): number | undefined {
  const base = openat(cwd, root, openFlags.path | openFlags.directory);
  try {
    return openInRoot(base, path, openFlags.read | openFlags.directory);
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR') throw error;
    throw new Internal(isThere(base, path) ? taken : `lstat ${path}: not a directory`, { cause: error });
  } finally {
    closeSync(base);
  }
}

/** What dockerd says when an anonymous volume, of the image or of `-v /path`, is to cover a file. Throws Internal. */
export function requireMountPlace(root: string, path: string): void {
  const place = openMountPlace(root, path, `cannot mount volume over existing file, file exists ${path}`);
  if (place !== undefined) closeSync(place);
}

function openInRoot(base: number, path: string, flags: number): number | undefined {
  return tolerating(['ENOENT'], undefined, () => openat2(base, path, { flags, resolve: resolveFlags.inRoot | resolveFlags.noMagicLinks }));
}

/** The way to it holds, so that it is no directory itself. */
function isThere(base: number, path: string): boolean {
  try {
    const found = openInRoot(base, path, openFlags.path);
    if (found !== undefined) closeSync(found);
    return found !== undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
