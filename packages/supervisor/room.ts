/** What every verb of the supervisor works on: the ports below, the containers in memory, their store, their events. */
import { KeyedLock, NotFound } from '#base';
import type { Networks } from '#network';
import type { ExitStatus, Runtime, Task } from '#runtime';
import type { Snapshotter } from '#snapshots';
import type { PendingAttachment } from './attachments.ts';
import type { ContainerSpec, IdMap, ContainerState, ContainerStatus, SupervisorEvent } from './port.ts';
import type { HostFacts } from './spec/situation.ts';
import type { SpecStore } from './store.ts';

export interface Ports {
  readonly runtime: Runtime;
  readonly networks: Pick<Networks, 'allocate' | 'attach' | 'release' | 'endpoints' | 'resolvConf' | 'recover'>;
  readonly snapshots: Pick<Snapshotter, 'prepare' | 'view' | 'mounts' | 'remove' | 'list' | 'lowerPaths' | 'stat'>;
  /** Ids of the host for those of containers with a user namespace of their own. */
  readonly idMap?: IdMap | undefined;
  /** Where containers' cgroups are made whose user chose no other place: nobody but us removes it. */
  readonly cgroupParent: string;
  /** Where failures go that nobody waits for: cleaning up after an exit. */
  readonly log: (level: 'warn' | 'error', message: string) => void;
}

export interface Room extends Ports {
  readonly store: SpecStore;
  readonly host: HostFacts;
  /** Directory of the containers' directories. */
  readonly containersRoot: string;
  /** Where every container's root file system is mounted, each in its own mount namespace. */
  readonly rootfs: string;
  /** Lowest-cost layer of mount points and empty files that every root file system gets. */
  readonly initLayer: string;
  /** The layer to use over images of late, by the key of their topmost snapshot; the one longest unused first. */
  readonly initLayers: Map<string, string>;
  readonly entries: Map<string, Entry>;
  /** One holder per container id, so that a stuck container never blocks another. */
  readonly lock: KeyedLock;
  /** Set when another daemon has taken the containers over: nothing may be changed any more. */
  retired: boolean;
  readonly listeners: Set<(event: SupervisorEvent) => void>;
}

/** One container in memory. */
export interface Entry {
  spec: ContainerSpec;
  status: ContainerStatus;
  pid: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  exit: ExitStatus | undefined;
  error: string;
  task: Task | undefined;
  /** Its listeners know of a want of memory in this run. */
  oomTold: boolean;
  /** Attached before the start, waiting for it. */
  readonly waiting: Set<PendingAttachment>;
  /** Settles at the next exit; made anew each time. */
  nextExit: PromiseWithResolvers<ExitStatus>;
  readonly removed: PromiseWithResolvers<ExitStatus>;
}

/** A container that has never run. */
export function newEntry(spec: ContainerSpec): Entry {
  return {
    spec,
    status: 'created',
    pid: 0,
    startedAt: undefined,
    finishedAt: undefined,
    exit: undefined,
    error: '',
    task: undefined,
    oomTold: false,
    waiting: new Set(),
    nextExit: Promise.withResolvers(),
    removed: Promise.withResolvers(),
  };
}

/** Throws NotFound in Docker's words. */
export function entryOf(room: Pick<Room, 'entries'>, id: string): Entry {
  const entry = room.entries.get(id);
  if (!entry) throw new NotFound(`No such container: ${id}`);
  return entry;
}

export function stateOf(room: Pick<Room, 'networks'>, entry: Entry): ContainerState {
  const { status, pid, startedAt, finishedAt, exit, error } = entry;
  return { id: entry.spec.id, status, pid, startedAt, finishedAt, exit, error, endpoints: room.networks.endpoints({ containerId: entry.spec.id }) };
}

/** A listener that throws is a fault of its own; the others and the container go on. */
export function emit(room: Pick<Room, 'listeners' | 'log'>, event: SupervisorEvent): void {
  for (const listener of room.listeners) {
    try {
      listener(event);
    } catch (error) {
      room.log('error', `listener of ${event.kind} ${event.id}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
}
