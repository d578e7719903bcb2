/** Resolved mounts as OCI mounts (runtime-spec config.md, "Mounts"), and as inspect shows them. */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Internal, InvalidArgument, messageOf, NotFound } from '#base';
import type { MountPoint, OciMount } from '#spec';
import { ownedByContainer } from '#supervisor';
import type { Volumes } from '#volumes';
import type { WantedMount } from './bind.ts';
import { imageMount, type ImageMountContext } from './image-mount.ts';
import { requirePropagation } from './propagation.ts';
import { tmpfsMountOptions } from './tmpfs.ts';

/** Made at each start: a missing host directory of a `-v` is made, a volume's mount may have changed. */
export function ociMounts(mounts: readonly WantedMount[], volumes: Pick<Volumes, 'mount'>, images: ImageMountContext): OciMount[] {
  return mounts.map((mount) => {
    if (mount.type === 'tmpfs') return tmpfsMount(mount);
    if (mount.type === 'bind') return bindMount(mount);
    if (mount.type === 'image') return imageMount(mount, images);
    return volumeMount(mount, volumes);
  });
}

/** Inspect's `Mounts`. `mountpoint` finds where a volume lies. */
export function mountPointOf(mount: WantedMount, mountpoint: (volume: string) => string): MountPoint {
  const access = { Mode: mount.mode, RW: !mount.readOnly };
  if (mount.type === 'volume') {
    const { source, destination, driver, propagation } = mount;
    return { Type: 'volume', Name: source, Source: mountpoint(source), Destination: destination, Driver: driver || 'local', ...access, Propagation: propagation };
  }
  return { Type: mount.type, Source: mount.source, Destination: mount.destination, ...access, Propagation: mount.propagation || (mount.type === 'bind' ? 'rprivate' : '') };
}

function tmpfsMount(mount: WantedMount): OciMount {
  const options = mount.tmpfsOptions.length > 0 ? mount.tmpfsOptions.join(',') : mount.mode;
  return { destination: mount.destination, type: 'tmpfs', source: 'tmpfs', options: tmpfsMountOptions(options) };
}

function bindMount(mount: WantedMount): OciMount {
  if (mount.createSource) makeSource(mount.source);
  requirePropagation(mount);
  const options = [mount.nonRecursive ? 'bind' : 'rbind', ...readOnlyOption(mount), mount.propagation || 'rprivate'];
  return { destination: mount.destination, type: 'bind', source: mount.source, options };
}

function readOnlyOption(mount: WantedMount): string[] {
  if (!mount.readOnly) return [];
  return [mount.nonRecursive || mount.submountsStayWritable ? 'ro' : 'rro'];
}

function makeSource(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    // A file is a fine thing to bind.
    if (errnoOf(error) !== 'EEXIST') throw new Internal(`error while creating mount source path '${path}': ${messageOf(error)}`);
  }
}

function volumeMount(mount: WantedMount, volumes: Pick<Volumes, 'mount'>): OciMount {
  const { type, source, options } = volumes.mount(mount.source);
  const inside = mount.subpath === '' ? source : subpathOf(source, mount.subpath);
  const propagation = mount.propagation === '' ? [] : [mount.propagation];
  const plain = (mount.driver || 'local') === 'local' && options.join(',') === 'rbind';
  if (type !== 'bind') return { destination: mount.destination, type, source: inside, options: [...options, ...(mount.readOnly ? ['ro'] : [])] };
  return { destination: mount.destination, type, source: inside, options: [...options, ...readOnlyOption(mount), ...propagation, ...(plain ? [ownedByContainer] : [])] };
}

/** The directory inside the volume. Throws NotFound where there is none, InvalidArgument for a link that leads out. */
function subpathOf(root: string, subpath: string): string {
  try {
    const inside = realpathSync(join(root, subpath));
    if (inside === root || inside.startsWith(`${realpathSync(root)}/`)) return inside;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new NotFound(`cannot access path ${join(root, subpath)}: lstat ${join(root, subpath)}: no such file or directory`);
    throw new InvalidArgument(`cannot access path ${join(root, subpath)}: ${messageOf(error)}`);
  }
  throw new InvalidArgument(`path concatenation escapes the base directory, base: ${root}, subpath: ${subpath}`);
}
