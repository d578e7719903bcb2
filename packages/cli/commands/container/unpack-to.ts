/**
 * Unpacks what a container sent into a directory of this machine. The archive is not to be trusted: no member leaves
 * the directory, by `..` or through a link, and nobody's ownership is taken over.
 */
import { createWriteStream, lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { chmod, link, symlink, utimes } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Forbidden, InvalidArgument, readTar, type TarReading } from '#base';
import type { CopyPlan } from './copy-target.ts';

/** Unpacks and gives the number of bytes in files. Throws Forbidden for a member that would go elsewhere. */
export async function unpackTo(archive: AsyncIterable<Uint8Array>, plan: CopyPlan): Promise<number> {
  const root = realpathSync(plan.directory);
  const directories: { path: string; mtime: number; mode: number }[] = [];
  let copied = 0;
  for await (const reading of readTar(archive)) {
    const { header } = reading;
    const path = placeOf(root, renamed(header.name, plan));
    if (header.type === 'directory') {
      makeDirectory(path);
      directories.push({ path, mtime: header.mtime, mode: header.mode });
    } else copied += await unpackOne(reading, path, root, plan);
  }
  for (const { path, mtime, mode } of directories.reverse()) {
    await chmod(path, mode);
    await utimes(path, mtime, mtime);
  }
  return copied;
}

async function unpackOne(reading: TarReading, path: string, root: string, plan: CopyPlan): Promise<number> {
  const { header } = reading;
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new InvalidArgument(`cannot overwrite directory ${JSON.stringify(path)} with non-directory ${JSON.stringify(header.name)}`);
  rmSync(path, { force: true });
  if (header.type === 'symlink') {
    await symlink(header.linkname, path);
    return 0;
  }
  if (header.type === 'hardlink') {
    await link(placeOf(root, renamed(header.linkname, plan)), path);
    return 0;
  }
  if (header.type !== 'file') return 0; // devices and pipes are the container's own: copying one would copy a door, not a thing
  await pipeline(reading.body(), createWriteStream(path, { flags: 'wx', mode: header.mode }));
  await chmod(path, header.mode);
  await utimes(path, header.mtime, header.mtime);
  return header.size;
}

/** The first element of the archive's names gets its new name. */
function renamed(name: string, { from, to }: CopyPlan): string {
  const clean = posix.normalize(name.replace(/^\/+/, '')).replace(/\/$/, '');
  const [first = '', ...rest] = clean.split('/');
  if (from === '.' || from === '/') return to === from ? clean : posix.join(to, clean);
  return first === from ? [to, ...rest].join('/') : clean;
}

/** Throws Forbidden when the place lies outside the root, or is reached through a link that leads out. */
function placeOf(root: string, name: string): string {
  const path = join(root, name);
  if (path !== root && !path.startsWith(root === '/' ? '/' : `${root}/`)) throw new Forbidden(`invalid archive entry: ${JSON.stringify(name)} is outside of the destination`);
  if (path === root) return path;
  const parent = dirname(path);
  mkdirSync(parent, { recursive: true });
  const real = realpathSync(parent);
  if (real !== root && !real.startsWith(root === '/' ? '/' : `${root}/`)) throw new Forbidden(`invalid archive entry: ${JSON.stringify(name)} is outside of the destination`);
  return path;
}

function makeDirectory(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found) throw new InvalidArgument(`cannot overwrite non-directory ${JSON.stringify(path)} with directory`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
