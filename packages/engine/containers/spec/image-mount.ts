/**
 * `--mount type=image`: another image's files inside a container. They are the image's layers laid over each other once
 * more, with a writable layer of the container's own on top unless the mount is read-only.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { InvalidArgument } from '#base';
import { getXattr } from '#kernel';
import type { Snapshotter } from '#snapshots';
import type { OciMount } from '#spec';
import type { WantedMount } from './bind.ts';

export interface ImageMountContext {
  readonly snapshots: Pick<Snapshotter, 'lowerPaths'>;
  /** The container's own directory: what it writes to the mount lies there, and goes with it. */
  readonly directory: string;
}

/** Throws InvalidArgument when the image has nothing at the subpath. */
export function imageMount(mount: WantedMount, { snapshots, directory }: ImageMountContext): OciMount {
  const chainId = mount.image?.chainId;
  const layers = chainId ? snapshots.lowerPaths(chainId) : [];
  const lowers = mount.subpath === '' ? layers : layersBelow(layers, mount.subpath);
  const { destination } = mount;
  const [only = ''] = lowers;
  if (lstatSync(only, { throwIfNoEntry: false })?.isFile()) return { destination, type: 'bind', source: only, options: ['bind', 'ro', 'rprivate'] };
  if (mount.readOnly && lowers.length < 2) return { destination, type: 'bind', source: only, options: ['rbind', 'rro', 'rprivate'] };
  const own = mount.readOnly ? ['ro'] : ownLayer(join(directory, 'images', Buffer.from(destination).toString('base64url')));
  const options = [`lowerdir=${lowers.join(':')}`, 'index=off', 'redirect_dir=nofollow', 'metacopy=off', 'xino=off', ...own];
  return { destination, type: 'overlay', source: 'overlay', options };
}

function ownLayer(directory: string): string[] {
  const [upper, work] = ['fs', 'work'].map((name) => join(directory, name)) as [string, string];
  for (const path of [upper, work]) mkdirSync(path, { recursive: true, mode: 0o755 });
  return [`upperdir=${upper}`, `workdir=${work}`];
}

/** The directories that `subpath` is made of, topmost first; of a file the one that is seen. A path through a link is refused. */
function layersBelow(layers: readonly string[], subpath: string): string[] {
  const found: string[] = [];
  for (const layer of layers) {
    const { path, kind, ends } = descend(layer, posix.normalize(subpath).split('/').filter(Boolean));
    if (kind === 'file' && found.length === 0) return [path];
    if (kind === 'directory') found.push(path);
    if (ends || kind === 'file') break;
  }
  if (found.length === 0) throw new InvalidArgument(`subpath ${subpath} does not exist in the image`);
  return found;
}

/** `ends`: this layer hides those below. */
function descend(layer: string, names: readonly string[]): { path: string; kind: 'directory' | 'file' | 'absent'; ends: boolean } {
  let path = layer;
  let ends = false;
  for (const [index, name] of names.entries()) {
    path = join(path, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats) return { path, kind: 'absent', ends };
    if (stats.isSymbolicLink()) throw new InvalidArgument(`subpath ${names.join('/')} leads through a symbolic link`);
    if (stats.isFile() && index === names.length - 1) return { path, kind: 'file', ends: true };
    if (!stats.isDirectory()) return { path, kind: 'absent', ends: true };
    ends ||= getXattr(path, 'trusted.overlay.opaque')?.toString() === 'y';
  }
  return { path, kind: 'directory', ends };
}
