/**
 * Reaching a container's files from outside: through `/proc/PID/root` while it runs; through a mount that is attached
 * nowhere and ends with its descriptor while it does not, so that nothing can be left behind or be busy.
 *
 * The path leads into a tree that the container's processes may change under our hands: walk it with openat2.
 */
import { close, existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { cloneTree, cwd, detachedMount, openat, openFlags } from '#kernel';
import { copyRootOf, withTreesOver, type OverTree } from '#snapshots';
import type { OciMount } from '#spec';
import { etcFilesOf } from './etc-files.ts';
import { runGone } from './exit.ts';
import { initLayerOf, withInitLayer } from './init-layer.ts';
import type { IdMap } from './port.ts';
import { entryOf, type Room } from './room.ts';

const closeInPool = promisify(close);

export async function withRoot<T>(room: Room, id: string, work: (root: string) => Promise<T>): Promise<T> {
  await runGone(room, id);
  const entry = entryOf(room, id);
  const runs = entry.task && (entry.status === 'running' || entry.status === 'paused');
  // From outside a remapped container's files have other owners: its layers show the true ones.
  if (runs && entry.spec.namespaces.user === 'private') return withLayers(room, id, work);
  if (runs) return work(`/proc/${entry.pid}/root`);
  const [mount] = withInitLayer(room.snapshots.mounts(id), initLayerOf(room, id));
  if (!mount || mount.type === 'bind') return work(mount?.source ?? room.containersRoot);
  return withMount(mount.type, mount.source, mount.options, work);
}

/**
 * The container as its processes see it: of one that runs its own mounts, with `ids` where owners are seen through them;
 * of another one its files with `mounts` and those of /etc over them. It stays whole when the run ends amid `work`; a run
 * that had ended before, though its end is not known yet, throws ENOENT or ESRCH, and `work` is not called.
 */
export async function withView<T>(room: Room, id: string, mounts: readonly OciMount[], work: (root: string, ids: IdMap | undefined) => Promise<T>): Promise<T> {
  await runGone(room, id);
  const entry = entryOf(room, id);
  const runs = entry.task && (entry.status === 'running' || entry.status === 'paused');
  if (runs) return withRunning(entry.pid, (root) => work(root, entry.spec.namespaces.user === 'private' ? room.idMap : undefined));
  const root = openRoot(room, id);
  try {
    const files = etcFilesOf(room, entry.spec).filter(({ destination, source }) => existsSync(source) && !mounts.some((mount) => mount.destination === destination));
    const trees = [...mounts.map(asTree), ...files.map((file) => ({ ...file, type: 'bind', options: [] }))];
    return await withTreesOver(root, room.containersRoot, trees, () => work(`/proc/self/fd/${root}`, undefined));
  } finally {
    // The last close of an overlay may sync the disk below: not on this thread.
    await closeInPool(root);
  }
}

/** The root of a process, and its mount namespace beside it: what is mounted below would go with the last who is in there. */
async function withRunning<T>(pid: number, work: (root: string) => Promise<T>): Promise<T> {
  const namespace = openat(cwd, `/proc/${pid}/ns/mnt`, openFlags.read);
  try {
    return await withDescriptor(openat(cwd, `/proc/${pid}/root`, openFlags.path), work);
  } finally {
    await closeInPool(namespace);
  }
}

/** The root file system's mount, attached nowhere. */
function openRoot(room: Room, id: string): number {
  const [mount] = withInitLayer(room.snapshots.mounts(id), initLayerOf(room, id));
  if (!mount || mount.type === 'bind') return cloneTree(mount?.source ?? room.containersRoot, { submounts: false });
  return detachedMount(mount.type, mount.source, mount.options);
}

function asTree({ destination, type = 'bind', source = '', options = [] }: OciMount): OverTree {
  return { destination, type, source, options };
}

/** The container's files without its mounts; with `ids` where owners are seen as the host has them. */
export async function withOwnFiles<T>(room: Room, id: string, work: (root: string, ids: IdMap | undefined) => Promise<T>): Promise<T> {
  const entry = entryOf(room, id);
  const runs = entry.task && (entry.status === 'running' || entry.status === 'paused');
  const copy = runs ? await copyRootOf(entry.pid) : undefined;
  if (copy === undefined) return withLayers(room, id, (root) => work(root, undefined));
  return withDescriptor(copy, (root) => work(root, entry.spec.namespaces.user === 'private' ? room.idMap : undefined));
}

/** All layers as lower ones: a second mount with the same upper directory would be two writers at one. */
async function withLayers<T>(room: Room, id: string, work: (root: string) => Promise<T>): Promise<T> {
  const [own = '', ...image] = room.snapshots.lowerPaths(id);
  return withMount('overlay', 'overlay', ['ro', `lowerdir=${[own, initLayerOf(room, id), ...image].join(':')}`], work);
}

async function withMount<T>(type: string, source: string, options: readonly string[], work: (root: string) => Promise<T>): Promise<T> {
  return withDescriptor(detachedMount(type, source, options), work);
}

async function withDescriptor<T>(descriptor: number, work: (root: string) => Promise<T>): Promise<T> {
  try {
    return await work(`/proc/self/fd/${descriptor}`);
  } finally {
    // The last close of an overlay may sync the disk below: not on this thread.
    await closeInPool(descriptor);
  }
}
