import { constants, copyFileSync, rmSync } from 'node:fs';
import { decodeName, errnoOf } from '#base';
import {
  chmodat, chownat, cwd, fileType, linkat, lookup, mkdirat, mknodat, nodeTypes, readlinkat, readXattrs, setXattr, statat, symlinkat, utimensat, type FileStat,
} from '#kernel';
import type { Owner } from './owner.ts';
import { fsPath, namesIn } from './tree-names.ts';

export interface CopyJob {
  readonly source: string;
  readonly destination: string;
  readonly owner: Owner | undefined;
}

/**
 * Copies a file to `destination`, or what is in a directory into the directory `destination`. Modes, times, attributes
 * and hard links within the tree are kept, owners unless one is given; sockets are left out.
 */
export function copyTree({ source, destination, owner }: CopyJob): void {
  const copied: Copied = { owner, links: new Map() };
  if (fileType(statat(cwd, source).mode) !== nodeTypes.directory) copyEntry(source, destination, copied);
  else for (const name of namesIn(source)) copyEntry(`${source}/${name}`, `${destination}/${name}`, copied);
}

interface Copied {
  readonly owner: Owner | undefined;
  /** Where files with several names went, by inode. */
  readonly links: Map<string, string>;
}

function copyEntry(from: string, to: string, copied: Copied): void {
  const stat = statat(cwd, from);
  const type = fileType(stat.mode);
  if (type === nodeTypes.socket) return;
  if (type === nodeTypes.directory) return copyDirectory(from, to, stat, copied);
  if (lookup(cwd, to)) rmSync(fsPath(to), { recursive: true });
  const inode = stat.links > 1 ? `${stat.device}:${stat.inode}` : undefined;
  const first = inode === undefined ? undefined : copied.links.get(inode);
  if (first !== undefined) return linkat(cwd, first, cwd, to);
  if (inode !== undefined) copied.links.set(inode, to);
  copyNode(from, to, type, stat);
  keepAttributes(from, to, stat, copied.owner);
}

/** A directory that is there already is merged into; anything else in its place is replaced. */
function copyDirectory(from: string, to: string, stat: FileStat, copied: Copied): void {
  const existing = lookup(cwd, to);
  const there = existing !== undefined && fileType(existing.mode) === nodeTypes.directory;
  if (existing && !there) rmSync(fsPath(to));
  if (!there) mkdirat(cwd, to, 0o700);
  for (const name of namesIn(from)) copyEntry(`${from}/${name}`, `${to}/${name}`, copied);
  keepAttributes(from, to, stat, copied.owner);
}

function copyNode(from: string, to: string, type: number, stat: FileStat): void {
  if (type === nodeTypes.file) copyFileSync(fsPath(from), fsPath(to), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  else if (type === nodeTypes.symlink) symlinkat(decodeName(readlinkat(cwd, from)), cwd, to);
  else mknodat(cwd, to, type | 0o600, stat.major, stat.minor);
}

/** chown takes set-id bits and capabilities away, so it goes first; the time goes last. */
function keepAttributes(from: string, to: string, stat: FileStat, owner: Owner | undefined): void {
  chownat(cwd, to, owner?.uid ?? stat.uid, owner?.gid ?? stat.gid);
  if (fileType(stat.mode) !== nodeTypes.symlink) chmodat(cwd, to, stat.mode & 0o7777);
  for (const [name, value] of readXattrs(from, (key) => key.startsWith('trusted.overlay.')) ?? []) keepXattr(to, name, value);
  utimensat(cwd, to, stat.mtime, stat.mtimeNanoseconds);
}

/** What the file system cannot hold, or what root may not set here, is left out, as Docker does. */
function keepXattr(path: string, name: string, value: Uint8Array): void {
  try {
    setXattr(path, name, value);
  } catch (error) {
    if (errnoOf(error) !== 'ENOTSUP' && errnoOf(error) !== 'EPERM') throw error;
  }
}
