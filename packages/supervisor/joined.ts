/** Namespaces of other containers that a container joins, as paths under /proc. */
import { Conflict } from '#base';
import type { ContainerSpec, NamespaceMode } from './port.ts';
import { entryOf, type Room } from './room.ts';
import type { Situation } from './spec/situation.ts';

/** Throws NotFound or Conflict when the other container is gone or does not run. */
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
  const what = { network: 'network', pid: 'PID namespace', ipc: 'IPC namespace' }[type] ?? `${type} namespace`;
  throw new Conflict(`cannot join ${what} of a non running container: ${id}`);
}
