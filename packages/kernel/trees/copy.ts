import { dirname, basename } from 'node:path';
import { errnoOf } from '#base';
import { close, cwd, fileType, linkat, lookup, mkdirat, nodeTypes, pathOf, statat, utimensat } from '../files/index.ts';
import { attributesOf, setFdAttributes, type Attributes } from './attributes.ts';
import { copyFile } from './copy-file.ts';
import { HardLinks } from './member.ts';
import { changedMode, type ModeChange } from './mode-change.ts';
import { removeAt } from './remove-at.ts';
import { openDirectory, walk, type Visit } from './walk.ts';

export interface CopyInput {
  readonly source: string;
  readonly destination: string;
  /** Of everything copied; undefined keeps the source's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Permission bits of everything copied but links, or what becomes of the source's; undefined keeps those. */
  readonly mode?: ModeChange | undefined;
}

/** The work of copyTree, on this thread. */
export function copyInto(input: CopyInput): void {
  const stat = statat(cwd, input.source);
  if (fileType(stat.mode) === nodeTypes.directory) return copyDirectory(input);
  const dirfd = openDirectory(cwd, dirname(input.destination));
  try {
    const name = basename(input.destination);
    removeAt(dirfd, name);
    copyFile(input.source, stat, dirfd, name, changed(attributesOf(input.source, stat), input, false));
  } finally {
    close(dirfd);
  }
}

function copyDirectory(input: CopyInput): void {
  const root = openDirectory(cwd, input.destination);
  const links = new HardLinks();
  const times: { path: string; attributes: Attributes }[] = [];
  let parent = { path: '', fd: root };
  try {
    for (const visit of walk(input.source)) {
      if (visit.path === '') continue;
      const above = dirname(visit.path);
      if (above !== parent.path) parent = reopen(root, parent, above);
      const attributes = changed(attributesOf(pathOf(visit.dirfd, visit.name), visit.stat), input, fileType(visit.stat.mode) === nodeTypes.directory);
      copyVisit(root, parent.fd, visit, attributes, links);
      if (fileType(visit.stat.mode) === nodeTypes.directory) times.push({ path: visit.path, attributes });
    }
    for (const { path, attributes } of times) utimensat(root, path, attributes.mtime, attributes.mtimeNanoseconds);
  } finally {
    if (parent.fd !== root) close(parent.fd);
    close(root);
  }
}

/** The directory of the copy that the walk has come to. Everything above it has just been made or merged: no link is among it. */
function reopen(root: number, before: { fd: number }, path: string): { path: string; fd: number } {
  if (before.fd !== root) close(before.fd);
  return path === '.' ? { path, fd: root } : { path, fd: openDirectory(root, path) };
}

function copyVisit(root: number, dirfd: number, visit: Visit, attributes: Attributes, links: HardLinks): void {
  const { name, stat } = visit;
  if (fileType(stat.mode) === nodeTypes.directory) return copyDirectoryEntry(dirfd, name, attributes);
  if (lookup(dirfd, name)) removeAt(dirfd, name);
  const earlier = links.earlier(stat, visit.path);
  if (earlier !== undefined) linkat(root, earlier, dirfd, name);
  else if (fileType(stat.mode) !== nodeTypes.socket) copyFile(pathOf(visit.dirfd, visit.name), stat, dirfd, name, attributes);
}

function copyDirectoryEntry(dirfd: number, name: string, attributes: Attributes): void {
  try {
    mkdirat(dirfd, name, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const existing = lookup(dirfd, name);
    if (existing && fileType(existing.mode) !== nodeTypes.directory) {
      removeAt(dirfd, name);
      mkdirat(dirfd, name, 0o700);
    }
  }
  const fd = openDirectory(dirfd, name);
  try {
    setFdAttributes(fd, attributes);
  } finally {
    close(fd);
  }
}

function changed(attributes: Attributes, { owner, mode }: CopyInput, isDirectory: boolean): Attributes {
  return { ...attributes, ...owner, ...(mode === undefined ? {} : { mode: changedMode(attributes.mode, mode, isDirectory) }) };
}
