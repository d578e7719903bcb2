/**
 * The layer between image and container: mount points and empty files that every container needs. It lies under the
 * container's own layer, so that neither `docker diff` nor `docker commit` shows them, and one serves all.
 */
import { chmodSync, chownSync, closeSync, lstatSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { tolerating } from '#base';
import type { Mount } from '#snapshots';
import type { Room } from './room.ts';

const directories = ['dev', 'dev/pts', 'dev/shm', 'proc', 'sys', 'etc'];
const emptyFiles = ['.dockerenv', 'dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];

/** Makes what is missing of it; called once at start. */
export function makeInitLayer(path: string): void {
  for (const directory of directories) mkdirSync(join(path, directory), { recursive: true, mode: 0o755 });
  for (const name of emptyFiles) closeSync(openSync(join(path, name), 'a', 0o755));
  tolerating(['EEXIST'], undefined, () => symlinkSync('/proc/mounts', join(path, 'etc/mtab')));
}

/** Directories of the layer that an image may have too, owner and mode its own. */
const shared = ['dev', 'proc', 'sys', 'etc'];

/**
 * The layer for one container: directories that the image has too must keep the image's owners and modes, which the
 * topmost layer decides. There are as many layers as images have such combinations: hardly ever a second.
 */
export function initLayerOf(room: Pick<Room, 'snapshots' | 'initLayer' | 'initLayers'>, id: string): string {
  const parent = room.snapshots.stat(id)?.parent ?? '';
  const known = room.initLayers.get(parent);
  if (known !== undefined) {
    room.initLayers.delete(parent); // the latest used go last
    room.initLayers.set(parent, known);
    return known;
  }
  const looks = looksOf(room.snapshots.lowerPaths(id).slice(1));
  const unusual = [...looks].filter(([, { uid, gid, mode }]) => uid !== 0 || gid !== 0 || mode !== 0o755);
  const path = [room.initLayer, ...unusual.map(([name, { uid, gid, mode }]) => `${name}-${uid}-${gid}-${mode.toString(8)}`)].join('.');
  if (unusual.length > 0) makeInitLayer(path);
  for (const [name, { uid, gid, mode }] of unusual) {
    chownSync(join(path, name), uid, gid);
    chmodSync(join(path, name), mode);
  }
  remember(room.initLayers, parent, path);
  return path;
}

/** Images whose layer is known without a look; steps of builds, each its own parent, would be remembered for ever. */
const remembered = 256;

function remember(layers: Map<string, string>, parent: string, path: string): void {
  const [oldest] = layers.keys();
  if (layers.size >= remembered && oldest !== undefined) layers.delete(oldest);
  layers.set(parent, path);
}

interface Look {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** `layers` topmost first. */
function looksOf(layers: readonly string[]): Map<string, Look> {
  const looks = new Map<string, Look>();
  for (const name of shared) {
    const topmost = layers.map((layer) => lstatSync(join(layer, name), { throwIfNoEntry: false })).find((stat) => stat !== undefined);
    if (topmost?.isDirectory()) looks.set(name, { uid: topmost.uid, gid: topmost.gid, mode: topmost.mode & 0o7777 });
  }
  return looks;
}

/** The snapshot's mounts with the layer on top of the image's; a root that is no overlay gets its mount points from the runtime. */
export function withInitLayer(mounts: readonly Mount[], layer: string): Mount[] {
  return mounts.map((mount) => (mount.type === 'overlay' ? { ...mount, options: insertLower(mount.options, layer) } : mount));
}

function insertLower(options: readonly string[], layer: string): string[] {
  const at = options.findIndex((option) => option.startsWith('lowerdir=') || option.startsWith('lowerdir+='));
  if (at < 0) return [...options, `lowerdir=${layer}`];
  const first = options[at] ?? '';
  if (first.startsWith('lowerdir+=')) return [...options.slice(0, at), `lowerdir+=${layer}`, ...options.slice(at)];
  return [...options.slice(0, at), `lowerdir=${layer}:${first.slice('lowerdir='.length)}`, ...options.slice(at + 1)];
}
