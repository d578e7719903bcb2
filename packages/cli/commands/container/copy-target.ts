/** Where a copy goes and what it is called there. */
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { InvalidArgument } from '#base';

export interface CopySource {
  readonly path: string;
  readonly isDirectory: boolean;
  /** The name to go by, when the path was reached through a link of that name. */
  readonly rename?: string | undefined;
}

export interface CopyDestination {
  readonly path: string;
  readonly exists: boolean;
  readonly isDirectory: boolean;
}

/** Into which directory the archive goes, and what its first name becomes there. */
export interface CopyPlan {
  readonly directory: string;
  readonly from: string;
  readonly to: string;
}

/** Decides. Throws InvalidArgument in Docker's words for a directory over a file, or a file into a directory that is not there. */
export function copyTarget(source: CopySource, target: CopyDestination): CopyPlan {
  const from = entryOf(source.path);
  const name = source.rename ?? from;
  if (target.exists && target.isDirectory) return { directory: target.path, from, to: name };
  if (target.exists && source.isDirectory) throw new InvalidArgument('cannot copy directory');
  if (!target.exists && !source.isDirectory && assertsDirectory(target.path)) throw new InvalidArgument('no such directory');
  return { directory: parentOf(target.path), from, to: entryOf(target.path) };
}

/** The last element; `.` for a path that ends in `/.`, which means a directory's content. */
export function entryOf(path: string): string {
  return specifiesContent(path) ? '.' : posix.basename(posix.normalize(path)) || '/';
}

/** The directory that holds the last element. */
export function parentOf(path: string): string {
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, '');
  return specifiesContent(path) ? clean : posix.dirname(clean);
}

const most = 10;

/** A path of this machine, its links followed. Throws InvalidArgument when not even its directory is there. */
export function localDestination(path: string): CopyDestination {
  let at = path;
  for (let links = 0; links < most; links++) {
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (!found) {
      const parent = parentOf(at);
      const directory = statSync(parent, { throwIfNoEntry: false });
      if (!directory) throw new InvalidArgument(`invalid output path: directory ${JSON.stringify(posix.resolve(parent))} does not exist`);
      if (!directory.isDirectory()) throw new InvalidArgument('not a directory');
      return { path: at, exists: false, isDirectory: false };
    }
    if (!found.isSymbolicLink()) return { path: at, exists: true, isDirectory: found.isDirectory() };
    at = posix.resolve(posix.dirname(posix.resolve(at)), readlinkSync(at));
  }
  throw new InvalidArgument(`too many symlinks in ${JSON.stringify(path)}`);
}

function specifiesContent(path: string): boolean {
  return path === '.' || path.endsWith('/.');
}

function assertsDirectory(path: string): boolean {
  return path.endsWith('/') || specifiesContent(path);
}
