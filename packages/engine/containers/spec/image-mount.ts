/**
 * `--mount type=image`: another image's files inside a container. They are the image's layers laid over each other once
 * more, with a writable layer of the container's own on top unless the mount is read-only.
 */
import { lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument } from '#base';
import { getXattr } from '#kernel';
import type { Snapshotter } from '#snapshots';
import type { OciMount } from '#spec';
import type { WantedMount } from './bind.ts';

/** As many as the kernel follows (path_resolution(7)). */
const mostLinks = 40;

export interface ImageMountContext {
  readonly snapshots: Pick<Snapshotter, 'lowerPaths'>;
  /** The container's own directory: what it writes to the mount lies there, and goes with it. */
  readonly directory: string;
}

/** Throws InvalidArgument when the image has nothing at the subpath, or it leads out of the image. */
export function imageMount(mount: WantedMount, { snapshots, directory }: ImageMountContext): OciMount {
  const chainId = mount.image?.chainId;
  const layers = chainId ? snapshots.lowerPaths(chainId) : [];
  const lowers = mount.subpath === '' ? layers : layersBelow(layers, mount.subpath);
  const { destination } = mount;
  const [only = ''] = lowers;
  if (lstatSync(only, { throwIfNoEntry: false })?.isFile()) return { destination, type: 'bind', source: only, options: ['bind', 'ro', 'rprivate'] };
  if (mount.readOnly && lowers.length < 2) return { destination, type: 'bind', source: only, options: ['rbind', 'rro', 'rprivate'] };
  const own = mount.readOnly ? ['ro'] : ownLayer(join(directory, 'images', Buffer.from(destination).toString('base64url')));
  const options = [`lowerdir=${lowers.map(escaped).join(':')}`, 'index=off', 'redirect_dir=nofollow', 'metacopy=off', 'xino=off', ...own];
  return { destination, type: 'overlay', source: 'overlay', options };
}

/** Names of an image's own may hold what separates layers and options: unescaped, `x:` with `etc` in it would be the host's `/etc`. */
function escaped(directory: string): string {
  return directory.replace(/[\\:,]/g, '\\$&');
}

function ownLayer(directory: string): string[] {
  const [upper, work] = ['fs', 'work'].map((name) => join(directory, name)) as [string, string];
  for (const path of [upper, work]) mkdirSync(path, { recursive: true, mode: 0o755 });
  return [`upperdir=${upper}`, `workdir=${work}`];
}

/** The directories that `subpath` is made of, topmost first; of a file the one that is seen. */
function layersBelow(layers: readonly string[], subpath: string): string[] {
  const found: string[] = [];
  const names = followed(layers, subpath);
  for (const layer of layers) {
    const { path, kind, ends } = descend(layer, names);
    if (kind === 'file' && found.length === 0) return [path];
    if (kind === 'directory') found.push(path);
    if (ends) break;
  }
  if (found.length === 0) throw new InvalidArgument(`cannot access path ${subpath}: lstat ${subpath}: no such file or directory`);
  return found;
}

/** The names of a path without links in it, each as the topmost layer that has it says. A link may lead anywhere within the image. */
function followed(layers: readonly string[], subpath: string): string[] {
  const done: string[] = [];
  const ahead = namesOf(subpath);
  for (let hops = 0; ahead.length > 0;) {
    const name = ahead.shift() ?? '';
    const target = name === '..' ? undefined : linkAt(layers, [...done, name]);
    if (target?.startsWith('/') || (name === '..' && done.length === 0)) throw new InvalidArgument(`path concatenation escapes the base directory, subpath: ${subpath}`);
    if (target !== undefined && ++hops > mostLinks) throw new InvalidArgument(`cannot access path ${subpath}: too many levels of symbolic links`);
    if (name === '..') done.pop();
    else if (target === undefined) done.push(name);
    else ahead.unshift(...namesOf(target));
  }
  return done;
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** Where the path leads when it is a link; undefined when it is anything else, or nothing. */
function linkAt(layers: readonly string[], names: readonly string[]): string | undefined {
  for (const layer of layers) {
    const { path, kind, ends } = descend(layer, names);
    if (kind === 'link') return readlinkSync(path);
    if (kind !== 'absent' || ends) return undefined;
  }
  return undefined;
}

/** `ends`: this layer hides those below. */
function descend(layer: string, names: readonly string[]): { path: string; kind: 'directory' | 'file' | 'link' | 'absent'; ends: boolean } {
  let path = layer;
  let ends = false;
  for (const [index, name] of names.entries()) {
    path = join(path, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const isLast = index === names.length - 1;
    if (!stats) return { path, kind: 'absent', ends };
    if (stats.isSymbolicLink() && isLast) return { path, kind: 'link', ends: true };
    if (stats.isFile() && isLast) return { path, kind: 'file', ends: true };
    if (!stats.isDirectory()) return { path, kind: 'absent', ends: true };
    ends ||= getXattr(path, 'trusted.overlay.opaque')?.toString() === 'y';
  }
  return { path, kind: 'directory', ends };
}
