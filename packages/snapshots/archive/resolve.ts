/**
 * Paths inside somebody's root file system, which may change while we look: always from the root's descriptor by
 * openat2(RESOLVE_IN_ROOT), so that links and `..` end inside it whoever moves what (CVE-2018-15664).
 */
import { decodeName, errnoOf } from '#base';
import { close, cwd, fileType, lookup, nodeTypes, openat, openat2, openFlags, readlinkat, resolveFlags, statat, type FileStat } from '#kernel';

/** The kernel gives up (EAGAIN) when something is renamed while it resolves `..`; it is asked again this often. */
const mostRaces = 128;

/** An open root directory. */
export class Root implements Disposable {
  readonly fd: number;

  /** `path` is the host's, such as `/proc/PID/root` or `/proc/self/fd/N`. */
  constructor(path: string) {
    this.fd = openat(cwd, path, openFlags.path | openFlags.directory);
  }

  /** Opens what is at `path`, all links followed inside the root. The caller closes it. */
  open(path: string, flags: number): number {
    for (let tries = 0; ; tries++) {
      try {
        return openat2(this.fd, relative(path), { flags, resolve: resolveFlags.inRoot | resolveFlags.noMagicLinks });
      } catch (error) {
        if (errnoOf(error) !== 'EAGAIN' || tries === mostRaces) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}

/** RESOLVE_IN_ROOT takes a leading slash for the root itself; '' would be an error. */
function relative(path: string): string {
  return path === '' ? '.' : path;
}

/** What a request's path names: the directory that holds it, open, and the name in it. A last link is not followed. */
export interface Named extends Disposable {
  readonly dirfd: number;
  /** '.' for the root and for paths that end in `/.` or `/`. */
  readonly name: string;
  readonly stat: FileStat;
}

/**
 * Finds `path` as lstat(2) would, and as Docker's archive endpoints do: a path that ends in a slash or in `/.` is what
 * the link there leads to, and must be a directory. Throws SystemError (ENOENT, ENOTDIR …).
 */
export function findNamed(root: Root, path: string): Named {
  const intoDirectory = /(^|\/)\.{0,2}$/.test(path);
  const slash = path.lastIndexOf('/');
  const dirfd = root.open(intoDirectory ? path : path.slice(0, slash + 1), openFlags.path | openFlags.directory);
  const name = intoDirectory ? '.' : path.slice(slash + 1);
  try {
    return { dirfd, name, stat: statat(dirfd, name), [Symbol.dispose]: () => close(dirfd) };
  } catch (error) {
    close(dirfd);
    throw error;
  }
}

/** As many as filepath.EvalSymlinks allows. */
const mostLinks = 255;

/**
 * The path that `path` really is inside the root, every link followed; what does not exist stays as it is named. For
 * telling people, not for opening.
 */
export function realPath(root: Root, path: string): string {
  let rest = path.split('/');
  let done: string[] = [];
  for (let links = 0; rest.length > 0 && links < mostLinks; ) {
    const [part = '', ...after] = rest;
    rest = after;
    if (part === '' || part === '.') continue;
    if (part === '..') done.pop();
    else {
      const target = linkAt(root, [...done, part].join('/'));
      if (target === undefined) done.push(part);
      else {
        links++;
        if (target.startsWith('/')) done = [];
        rest = [...target.split('/'), ...rest];
      }
    }
  }
  return `/${done.join('/')}`;
}

function linkAt(root: Root, path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  let dirfd: number;
  try {
    dirfd = root.open(path.slice(0, slash + 1), openFlags.path | openFlags.directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    const stat = lookup(dirfd, path.slice(slash + 1));
    return stat && fileType(stat.mode) === nodeTypes.symlink ? decodeName(readlinkat(dirfd, path.slice(slash + 1))) : undefined;
  } finally {
    close(dirfd);
  }
}
