/** Namespaces of other containers that a container joins, as paths under /proc. */
import { Conflict, Internal } from '#base';
import type { ContainerSpec, NamespaceMode } from './port.ts';
import { entryOf, type Room } from './room.ts';
import type { Situation } from './spec/situation.ts';

/** Throws when the other container is gone or does not run: NotFound, Conflict, Internal, each where dockerd does. */
export function joinedNamespaces(room: Room, spec: ContainerSpec): Situation['joined'] {
  const { pid, ipc, uts, cgroup, user } = spec.namespaces;
  const network: NamespaceMode = spec.network.mode === 'container' ? { container: spec.network.container } : 'private';
  const wanted = { network, pid, ipc, uts, cgroup, user };
  const files = { network: 'net', pid: 'pid', ipc: 'ipc', uts: 'uts', cgroup: 'cgroup', user: 'user' } as const;
  const joined: { -readonly [Type in keyof Situation['joined']]: string } = {};
  for (const type of Object.keys(wanted) as (keyof typeof wanted)[]) {
    const mode = wanted[type];
    if (typeof mode === 'string') continue;
    joined[type] = 'path' in mode ? mode.path : `/proc/${pidOf(room, mode.container, type)}/ns/${files[type]}`;
  }
  return joined;
}

function pidOf(room: Room, id: string, type: string): number {
  const other = entryOf(room, id);
  if (other.status === 'running' || other.status === 'paused') return other.pid;
  if (type === 'network') throw new Conflict(`cannot join network of a non running container: ${id}`);
  throw new Internal(`failed to join ${type.toUpperCase()} namespace: container ${id} is not running`);
}
