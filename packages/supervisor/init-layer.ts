/**
 * The layer between image and container: mount points and empty files that every container needs. It lies under the
 * container's own layer, so that neither `docker diff` nor `docker commit` shows them, and one serves all.
 */
import { closeSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '#base';
import type { Mount } from '#snapshots';

const directories = ['dev', 'dev/pts', 'dev/shm', 'proc', 'sys', 'etc'];
const emptyFiles = ['.dockerenv', 'dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];

/** Makes what is missing of it; called once at start. */
export function makeInitLayer(path: string): void {
  for (const directory of directories) mkdirSync(join(path, directory), { recursive: true, mode: 0o755 });
  for (const name of emptyFiles) closeSync(openSync(join(path, name), 'a', 0o755));
  try {
    symlinkSync('/proc/mounts', join(path, 'etc/mtab'));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
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
