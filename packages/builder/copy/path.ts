import { lstat, readlink, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Internal, InvalidArgument, tolerate } from '#base';

const maxLinks = 255;

/**
 * The real path of `path` below `root`, every link followed as if `root` were `/`: nothing leads out of it. What is not
 * there stays as it is. For trees that nothing else changes meanwhile, such as a build context. Throws InvalidArgument
 * for a path that climbs above the root by itself.
 */
export async function pathInContext(root: string, path: string): Promise<string> {
  requireInside(path);
  const pending = path.split('/').filter((part) => part !== '' && part !== '.');
  let real = '/';
  let links = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    const next = posix.join(real, part);
    const target = await linkTarget(join(root, next));
    if (target === undefined) real = next;
    else {
      if (++links > maxLinks) throw new Internal(`evalSymlinksInScope: too many links in ${path}`);
      if (target.startsWith('/')) real = '/';
      pending.unshift(...target.split('/').filter((each) => each !== '' && each !== '.'));
    }
  }
  // A root reached through a descriptor is a link; the dot makes it a directory for calls that follow none.
  return real === '/' ? `${root}/.` : `${root}/.${real}`;
}

/**
 * The path below `root` as it is written, with directories of its own: what stands in the way of one, a link or a file,
 * is removed. With `last` the path's end is to be a directory too. Throws InvalidArgument as `pathInContext` does.
 */
export async function clearWay(root: string, path: string, { last }: { last: boolean }): Promise<string> {
  requireInside(path);
  const parts = posix.join('/', path).split('/').filter((part) => part !== '');
  for (let depth = 1; depth <= parts.length - (last ? 0 : 1); depth++) {
    const at = join(root, ...parts.slice(0, depth));
    const stat = await lstat(at).catch(tolerate(['ENOENT'], undefined));
    if (!stat) break;
    if (!stat.isDirectory()) await rm(at);
  }
  return [`${root}/.`, ...parts].join('/');
}

function requireInside(path: string): void {
  if (posix.normalize(path).split('/')[0] === '..') throw new InvalidArgument(`forbidden path outside the build context: ${path} ()`);
}

async function linkTarget(path: string): Promise<string | undefined> {
  const stat = await lstat(path).catch(tolerate(['ENOENT', 'ENOTDIR'], undefined));
  return stat?.isSymbolicLink() ? readlink(path) : undefined;
}
