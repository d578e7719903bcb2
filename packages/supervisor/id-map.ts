/**
 * Remapped ids: root inside a container is nobody special outside. Files keep the owners that images give them; what a
 * container sees are its layers through id-mapped mounts, so that all containers share them, remapped or not.
 *
 * Each layer is mounted on the host, in the container's directory, and the overlay over them, until the container's own
 * mount namespace holds it: then the host's mounts go again.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mountIdMapped, mountOverlayAs, openIdMap, unmountFromHost } from '#kernel';
import type { Mount } from '#snapshots';
import type { IdMapping } from '#spec';
import type { ContainerSpec, IdMap } from './port.ts';
import type { Room } from './room.ts';

/** One namespace for each map of this daemon. */
const namespaces = new Map<string, Promise<number>>();

function namespaceOf({ uids, gids }: IdMap): Promise<number> {
  const key = `${textOf(uids)}|${textOf(gids)}`;
  const known = namespaces.get(key);
  if (known) return known;
  const opened = openIdMap(textOf(uids), textOf(gids));
  namespaces.set(key, opened);
  opened.catch(() => namespaces.delete(key)); // the next start tries again; this one is told
  return opened;
}

function textOf(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

/** The root file system's mounts with every layer id-mapped; as they are for a container with the host's ids. */
export async function mapLayers(room: Pick<Room, 'containersRoot' | 'idMap'>, spec: ContainerSpec, mounts: readonly Mount[]): Promise<Mount[]> {
  const { idMap } = room;
  if (!idMap || spec.namespaces.user !== 'private') return [...mounts];
  const namespace = await namespaceOf(idMap);
  const root = layersRoot(room, spec.id);
  let count = 0;
  const mapped = (source: string): string => {
    const target = join(root, String(count++));
    mkdirSync(target, { recursive: true });
    mountIdMapped(source, target, namespace);
    return target;
  };
  return mounts.map((mount) => {
    if (mount.type !== 'overlay') return { ...mount, source: mapped(mount.source) };
    const options = mapOverlay(mount.options, mapped);
    const whole = join(root, 'root');
    mkdirSync(whole, { recursive: true });
    mountOverlayAs(rootOf(idMap.uids), rootOf(idMap.gids), options, whole);
    return { type: 'bind', source: whole, options: ['rbind', 'rw'] };
  });
}

/** What root is outside. */
function rootOf(mappings: readonly IdMapping[]): number {
  return mappings.find(({ containerID }) => containerID === 0)?.hostID ?? 0;
}

/** Upper and work directory must stay on one mount: the directory that holds both is mapped. */
function mapOverlay(options: readonly string[], mapped: (source: string) => string): string[] {
  const own = options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
  const place = own === undefined ? '' : mapped(dirname(own));
  return options.map((option) => {
    const [key = '', value = ''] = option.split(/=(.*)/s);
    if (key === 'lowerdir' || key === 'lowerdir+') return `${key}=${value.split(':').map(mapped).join(':')}`;
    if (key === 'upperdir' || key === 'workdir') return `${key}=${join(place, value.slice(dirname(value).length))}`;
    return option;
  });
}

/** The container's own mounts hold the layers, or it has ended. */
export function unmapLayers(room: Pick<Room, 'containersRoot' | 'idMap'>, id: string): void {
  const root = layersRoot(room, id);
  if (!existsSync(root)) return;
  for (const name of readdirSync(root)) unmountFromHost(join(root, name));
}

function layersRoot(room: Pick<Room, 'containersRoot'>, id: string): string {
  return join(room.containersRoot, id, 'layers');
}
