import { posix } from 'node:path';
import { errnoOf, Internal, InvalidArgument, messageOf, NotFound } from '#base';
import { fileType, nodeTypes, type FileStat } from '#kernel';
import { findNamed, realPath, Root } from './resolve.ts';

/** What Docker tells of a path in a container (Engine API, `X-Docker-Container-Path-Stat`). */
export interface PathStat {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Go's os.FileMode. */
  readonly mode: number;
  /** RFC 3339 with nanoseconds. */
  readonly mtime: string;
  /** For a symbolic link, where it leads inside the container; '' otherwise. */
  readonly linkTarget: string;
}

/**
 * Tells of `path` inside the root file system at `root`, a directory of the host. A link itself is told of, not what it
 * leads to, unless the path ends in a slash. `container` is what the user calls the container: throws NotFound (`Could
 * not find the file … in container …`).
 */
export function statPath(root: string, path: string, container: string): PathStat {
  using inside = new Root(root);
  try {
    return statIn(inside, path);
  } catch (error) {
    throw inDockersWords(error, path, container);
  }
}

/** The header's value: base64 of the JSON. */
export function encodePathStat(stat: PathStat): string {
  return Buffer.from(JSON.stringify(stat)).toString('base64');
}

/** Like statPath, in an open root. */
export function statIn(root: Root, path: string): PathStat {
  const absolute = absolutePath(path);
  using named = findNamed(root, absolute);
  const { stat } = named;
  const isLink = fileType(stat.mode) === nodeTypes.symlink;
  return { name: baseName(absolute), size: stat.size, mode: goMode(stat.mode), mtime: rfc3339(stat), linkTarget: isLink ? realPath(root, absolute) : '' };
}

/** A request's path from the container's root, cleaned, but for a last `/` or `/.`, which say that it is a directory. */
export function absolutePath(path: string): string {
  const clean = posix.join('/', path);
  if (posix.basename(path) === '.' && !clean.endsWith('/.')) return `${clean.replace(/\/$/, '')}/.`;
  return path.endsWith('/') && !clean.endsWith('/') ? `${clean}/` : clean;
}

/** The last element, `/` for the root; `.` counts as one. */
export function baseName(absolute: string): string {
  return posix.basename(absolute) || '/';
}

/** Messages of dockerd for paths that are not there or are no directory. */
export function inDockersWords(error: unknown, path: string, container: string): unknown {
  if (errnoOf(error) === 'ENOENT') return new NotFound(`Could not find the file ${path} in container ${container}`, { cause: error });
  if (errnoOf(error) === 'ENOTDIR') return new Internal(`lstat ${path}: not a directory`, { cause: error });
  return errnoOf(error) === 'ELOOP' ? new InvalidArgument(`${path}: ${messageOf(error)}`, { cause: error }) : error;
}

const goTypes = new Map<number, number>([
  [nodeTypes.directory, 2 ** 31], [nodeTypes.symlink, 2 ** 27], [nodeTypes.block, 2 ** 26], [nodeTypes.char, 2 ** 26 + 2 ** 21], [nodeTypes.fifo, 2 ** 25], [nodeTypes.socket, 2 ** 24],
]);

/** st_mode as Go's os.FileMode has it. */
function goMode(mode: number): number {
  const special = (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0);
  return (mode & 0o777) + special + (goTypes.get(fileType(mode)) ?? 0);
}

function rfc3339({ mtime, mtimeNanoseconds }: FileStat): string {
  const fraction = mtimeNanoseconds === 0 ? '' : `.${String(mtimeNanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
  return `${new Date(mtime * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}
