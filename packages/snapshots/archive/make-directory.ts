import { errnoOf, Internal } from '#base';
import { close, mkdirat, openFlags } from '#kernel';
import { realPath, Root } from './resolve.ts';

/**
 * Makes the directory `path`, and those on the way to it, root's and mode 0755, inside the root file system at `root`
 * where they are missing; links are followed inside the root. Throws Internal in Docker's words where something else is.
 */
export function makeDirectory(root: string, path: string): void {
  using inside = new Root(root);
  const names = realPath(inside, path).split('/').filter(Boolean);
  try {
    for (const [index, name] of names.entries()) makeIn(inside, `/${names.slice(0, index).join('/')}`, name);
    close(inside.open(`/${names.join('/')}`, openFlags.path | openFlags.directory));
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR') throw error;
    throw new Internal(`Cannot mkdir: ${path} is not a directory`, { cause: error });
  }
}

function makeIn(root: Root, parent: string, name: string): void {
  const directory = root.open(parent, openFlags.path | openFlags.directory);
  try {
    mkdirat(directory, name, 0o755);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    close(directory);
  }
}
