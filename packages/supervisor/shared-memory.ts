/**
 * /dev/shm between containers. Its own is a tmpfs inside the container's mount namespace, which no other can reach.
 * A shareable one is mounted on the host, in the container's directory, for as long as the container runs.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument } from '#base';
import { mountOnHost, unmountFromHost } from '#kernel';
import type { ContainerSpec } from './port.ts';
import { entryOf, type Room } from './room.ts';

/** Mounts it when the container is to share; made anew at each start. */
export function openSharedMemory(room: Pick<Room, 'containersRoot'>, spec: ContainerSpec): void {
  if (spec.sharedMemory !== 'shareable') return;
  const path = sharedMemoryPath(room, spec.id);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  unmountFromHost(path);
  mountOnHost('tmpfs', 'shm', path, ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${spec.shmSize}`, ...contextOf(spec)]);
}

/** The quotes are mount(2)'s: a label can have commas. */
function contextOf({ security: { selinux } }: ContainerSpec): string[] {
  return selinux?.mount ? [`context="${selinux.mount}"`] : [];
}

/** At the container's end; containers that joined keep what they see. */
export function closeSharedMemory(room: Pick<Room, 'containersRoot'>, spec: ContainerSpec): void {
  if (spec.sharedMemory === 'shareable') unmountFromHost(sharedMemoryPath(room, spec.id));
}

/** The host's directory to bind over /dev/shm; undefined for a container with its own, or none. Throws InvalidArgument when the other does not share. */
export function sharedMemoryOf(room: Room, spec: ContainerSpec): string | undefined {
  const { ipc } = spec.namespaces;
  if (spec.sharedMemory === 'shareable') return sharedMemoryPath(room, spec.id);
  if (ipc === 'host') return '/dev/shm';
  if (typeof ipc === 'string' || !('container' in ipc)) return undefined;
  const path = sharedMemoryOf(room, entryOf(room, ipc.container).spec);
  if (path === undefined) throw new InvalidArgument(`failed to join IPC namespace: container ${ipc.container}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
  return path;
}

function sharedMemoryPath(room: Pick<Room, 'containersRoot'>, id: string): string {
  return join(room.containersRoot, id, 'shm');
}
