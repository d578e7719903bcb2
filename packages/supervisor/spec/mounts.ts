/**
 * A container's mounts, in the order they are made: the kernel's file systems, then what the user asked for and the
 * three files of /etc, parents before children.
 */
import { defaultMounts, type OciMount } from '#spec';
import type { ContainerSpec, IdMap } from '../port.ts';
import { ownedByContainer } from './owned.ts';
import type { Situation } from './situation.ts';

export function mountsOf(spec: ContainerSpec, situation: Pick<Situation, 'etcFiles' | 'sharedMemory' | 'host' | 'idMap'>): OciMount[] {
  const asked = new Set(spec.mounts.map((mount) => mount.destination));
  const kernel = [...defaultMounts.map((mount) => openedForPrivileged(reachable(mount, spec, situation.host), spec)), ...ipcMounts(spec, situation.sharedMemory)].filter(
    (mount) => !asked.has(mount.destination) && !(asked.has('/dev') && mount.destination.startsWith('/dev/')),
  );
  const files = situation.etcFiles.filter((file) => !asked.has(file.destination)).map((file) => etcMount(file, spec.readonlyRoot));
  const asSeen = (mount: OciMount): OciMount => mapped(mount, situation.idMap);
  return [...kernel, ...[...spec.mounts, ...files].map(asSeen).toSorted((a, b) => depth(a.destination) - depth(b.destination))];
}

/** OCI `rootfsPropagation`: a mount that shares with the host needs a root that does. */
export function rootPropagation(mounts: readonly OciMount[]): 'shared' | 'rslave' | undefined {
  const options = new Set(mounts.flatMap((mount) => mount.options ?? []));
  if (options.has('shared') || options.has('rshared')) return 'shared';
  if (options.has('slave') || options.has('rslave')) return 'rslave';
  return undefined;
}

/** A user with one id has no group of terminals; sysfs shows a network namespace, and is mounted only by who owns that; bound it shows the host's as it is. */
function reachable(mount: OciMount, spec: ContainerSpec, host: Situation['host']): OciMount {
  if (mount.type === 'devpts' && !host.ttyGroup) return { ...mount, options: (mount.options ?? []).filter((option) => option !== 'gid=5') };
  if (mount.type !== 'sysfs' || spec.network.mode !== 'host' || !host.foreignNetwork) return mount;
  return { destination: mount.destination, type: 'bind', source: '/sys', options: ['rbind', 'rprivate', ...(mount.options ?? [])] };
}

function openedForPrivileged(mount: OciMount, spec: ContainerSpec): OciMount {
  const { privileged, writableCgroups } = spec.security;
  const opened = mount.type === 'cgroup' ? (writableCgroups ?? privileged) : privileged && mount.destination.startsWith('/sys');
  if (!opened) return mount;
  return { ...mount, options: (mount.options ?? []).filter((option) => option !== 'ro') };
}

function ipcMounts(spec: ContainerSpec, shared: string | undefined): OciMount[] {
  const queue: OciMount = { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] };
  if (spec.namespaces.ipc === 'host') return [queue, bind('/dev/shm', '/dev/shm')];
  if (spec.sharedMemory === 'none') return [queue];
  if (shared !== undefined) return [queue, bind('/dev/shm', shared)];
  const options = ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${spec.shmSize}`];
  return [queue, { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options }];
}

/** What lies in the data root has unmapped owners; a directory of the host's is shown as it is. */
function mapped(mount: OciMount, idMap: IdMap | undefined): OciMount {
  if (!mount.options?.includes(ownedByContainer)) return mount;
  const options = mount.options.filter((option) => option !== ownedByContainer);
  if (!idMap) return { ...mount, options };
  return { ...mount, options: [...options, 'idmap'], uidMappings: [...idMap.uids], gidMappings: [...idMap.gids] };
}

function etcMount(file: { destination: string; source: string }, readonlyRoot: boolean): OciMount {
  const options = readonlyRoot ? ['rbind', 'rro', 'rprivate'] : ['rbind', 'rprivate'];
  return { ...bind(file.destination, file.source), options: [...options, ownedByContainer] };
}

function bind(destination: string, source: string): OciMount {
  return { destination, type: 'bind', source, options: ['rbind', 'rprivate'] };
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length;
}
