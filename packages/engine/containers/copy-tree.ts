/** Copies a directory of a container's root into a volume, owners, modes and links kept. The root's own links are followed inside it only. */
import { chmodSync, closeSync, constants, copyFileSync, fstatSync, lchownSync, mkdirSync, lstatSync, lutimesSync, readdirSync, readlinkSync, symlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '#base';
import { openat2, openFlags, resolveFlags, cwd } from '#kernel';

/** `source` inside `root` becomes the contents of `target`, which exists. Nothing happens where the source is no directory. */
export async function copyTree(root: string, source: string, target: string): Promise<void> {
  const descriptor = openDirectory(root, source);
  if (descriptor === undefined) return;
  try {
    copyDirectory(`/proc/self/fd/${descriptor}`, target, fstatSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function openDirectory(root: string, source: string): number | undefined {
  const base = openat2(cwd, root, { flags: openFlags.directory | openFlags.path, resolve: 0 });
  try {
    return openat2(base, source.replace(/^\/+/, '') || '.', { flags: openFlags.directory, resolve: resolveFlags.inRoot });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  } finally {
    closeSync(base);
  }
}

function copyDirectory(source: string, target: string, stats: Stats): void {
  for (const name of readdirSync(source)) copyEntry(join(source, name), join(target, name));
  keepAttributes(target, stats);
}

function copyEntry(source: string, target: string): void {
  const stats = lstatSync(source);
  if (stats.isDirectory()) {
    mkdirSync(target);
    copyDirectory(source, target, stats);
  } else if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(source), target);
    keepAttributes(target, stats);
  } else if (stats.isFile()) {
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
    keepAttributes(target, stats);
  }
}

function keepAttributes(target: string, stats: Stats): void {
  lchownSync(target, stats.uid, stats.gid);
  if (!stats.isSymbolicLink()) chmodSync(target, stats.mode & 0o7777);
  lutimesSync(target, stats.atime, stats.mtime);
}
