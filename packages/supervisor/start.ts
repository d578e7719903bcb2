/**
 * Starts a container. The order matters:
 *
 *   reserve addresses ▸ write /etc files ▸ create the task and, as soon as its namespaces exist, lay the network into
 *   them (PID 1 waits), bind attachers ▸ let PID 1 go
 *
 * Whatever step fails, everything before it is undone and the container is as it was, with the reason in `error`.
 */
import { Conflict, messageOf, NotModified } from '#base';
import type { Endpoint } from '#network';
import type { CreateOptions, Process, Task } from '#runtime';
import type { OciSpec } from '#spec';
import { requireProfile } from './apparmor/require.ts';
import { etcFilesOf, writeEtcFiles } from './etc-files.ts';
import { runGone, watch } from './exit.ts';
import { hostDevices } from './host.ts';
import { mapLayers, unmapLayers } from './id-map.ts';
import { initLayerOf, withInitLayer } from './init-layer.ts';
import { joinedNamespaces } from './joined.ts';
import type { ContainerSpec, StartOptions } from './port.ts';
import { closeSharedMemory, openSharedMemory, sharedMemoryOf } from './shared-memory.ts';
import { emit, entryOf, type Entry, type Room } from './room.ts';
import { compileSpec } from './spec/compile.ts';
import { can } from './states.ts';
import { asTaskError, TaskError } from './task-error.ts';
import { userDatabaseOf } from './user-database.ts';
import { lookupUser } from './users.ts';

export async function start(room: Room, id: string, options: StartOptions): Promise<void> {
  await room.lock.run(id, async () => {
    const entry = entryOf(room, id);
    requireStartable(entry);
    await runGone(room, id);
    entry.error = '';
    entry.spec = { ...entry.spec, ...options.change };
    try {
      entry.task = await launch(room, entry, options);
    } catch (error) {
      recordFailure(room, entry, error);
      leaveWaiters(entry);
      throw error;
    }
    entry.status = 'running';
    entry.pid = entry.task.pid;
    entry.startedAt = entry.task.startedAt ?? Date.now();
    entry.exit = undefined;
    room.store.saveState(entry);
    emit(room, { kind: 'started', id, at: entry.startedAt });
    watch(room, entry, entry.task);
    await bindLate(room, entry, entry.task);
  });
}

function requireStartable(entry: Entry): void {
  if (entry.status === 'restarting') return; // its policy's own start: a person's is told that it runs
  const verdict = can('start', entry.status);
  if (verdict === 'already') throw new NotModified('container already started');
  if (verdict === 'yes') return;
  if (entry.status === 'paused') throw new Conflict('cannot start a paused container, try unpause instead');
  throw new Conflict(`container is marked for removal and cannot be started`);
}

/** What its owner found before this room was asked, or says of what this room found. A container that runs is left alone. */
export async function recordStartFailure(room: Room, id: string, error: unknown): Promise<void> {
  await room.lock.run(id, async () => {
    const entry = room.entries.get(id);
    if (entry && !entry.task) recordFailure(room, entry, error);
  });
}

/** The container stays as it was, with the reason and the exit code that a shell would give; what is not the command's own fault leaves the last one's. */
function recordFailure(room: Room, entry: Entry, error: unknown): void {
  const code = error instanceof TaskError ? error.exitCode : entry.exit?.code || 128;
  entry.error = messageOf(error);
  entry.exit = { code, signal: undefined, oomKilled: false, at: Date.now() };
  room.store.saveState(entry);
}

/** Who attached before the start that failed hears no more of it, as with dockerd. */
function leaveWaiters({ waiting }: Entry): void {
  for (const attachment of waiting) attachment.cancel();
  waiting.clear();
}

/** The task, running; nothing of it is left when this throws. */
async function launch(room: Room, entry: Entry, { consoleSize, checkpoint }: StartOptions): Promise<Task> {
  const { spec } = entry;
  let reserved: readonly Endpoint[] | undefined;
  const undo: (() => Promise<void>)[] = [async () => closeSharedMemory(room, spec), async () => unmapLayers(room, spec.id)];
  try {
    if (spec.network.mode === 'own' && spec.network.endpoints.length > 0) {
      undo.push(() => room.networks.release(spec.id));
      for (const endpoint of spec.network.endpoints) await room.networks.allocate(endpoint);
    }
    await requireProfile(room, spec);
    const options = { ...(await createOptions(room, spec, consoleSize)), ...(checkpoint !== undefined && { checkpoint }) };
    reserved = room.networks.endpoints({ containerId: spec.id });
    const task = await makeTask(room, spec, { ...options, onStdio: (process) => bindAttachers(entry, process) });
    undo.push(() => task.delete(true));
    if (room.idMap) unmapLayers(room, spec.id);
    await bindAttachers(entry, task);
    await asTaskError(task.start());
    return task;
  } catch (error) {
    for (const step of undo.toReversed()) await attempt(room, step);
    if (reserved) emit(room, { kind: 'start-failed', id: spec.id, at: Date.now(), endpoints: reserved });
    throw error;
  }
}

async function createOptions(room: Room, spec: ContainerSpec, consoleSize: StartOptions['consoleSize']): Promise<CreateOptions> {
  await writeEtcFiles(room, spec);
  openSharedMemory(room, spec);
  return {
    id: spec.id,
    spec: documentOf(room, spec, consoleSize),
    rootfs: await mapLayers(room, spec, withInitLayer(room.snapshots.mounts(spec.id), initLayerOf(room, spec.id))),
    stdio: { terminal: spec.process.terminal, stdin: spec.stdin !== 'closed', stdinOnce: spec.stdin === 'once', log: spec.log },
    init: spec.init,
    ...(spec.runtime && { runtime: spec.runtime }),
    label: spec.id.slice(0, 12),
  };
}

/** What the runtime is given of it. */
export function documentOf(room: Room, spec: ContainerSpec, consoleSize: StartOptions['consoleSize']): OciSpec {
  return compileSpec(spec, {
    host: room.host,
    user: lookupUser(spec.process.user, spec.process.groups, userDatabaseOf(room, spec)),
    joined: joinedNamespaces(room, spec),
    etcFiles: etcFilesOf(room, spec),
    sharedMemory: sharedMemoryOf(room, spec),
    idMap: spec.namespaces.user === 'private' ? room.idMap : undefined,
    rootPath: room.rootfs,
    consoleSize,
    hostDevices: spec.security.privileged ? hostDevices() : [],
  });
}

/** The task, its network laid: the only failure here that is not the task's. */
async function makeTask(room: Room, spec: ContainerSpec, options: CreateOptions): Promise<Task> {
  const seat = spec.network;
  if (seat.mode !== 'own') return asTaskError(room.runtime.create(options));
  let failure: { readonly error: unknown } | undefined;
  const onNamespaces = async (pid: number): Promise<void> => {
    try {
      await room.networks.attach({ containerId: spec.id, pid }, seat.dns);
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    return await asTaskError(room.runtime.create({ ...options, onNamespaces }));
  } catch (error) {
    // A launch that fails takes its namespaces along, and the network with them: then the launch's own reason is the one to tell.
    const ofNetwork = failure !== undefined && error instanceof TaskError && error.cause === failure.error;
    throw ofNetwork ? failure?.error : error;
  }
}

async function bindAttachers(entry: Entry, process: Pick<Process, 'attach'>): Promise<void> {
  const waiting = [...entry.waiting];
  entry.waiting.clear();
  try {
    for (const attachment of waiting) await attachment.bind(process);
  } catch (error) {
    for (const attachment of waiting) attachment.cancel();
    throw error;
  }
}

/** Who came to attach while the program was being let go: until then there was no task to attach to. */
async function bindLate(room: Room, entry: Entry, task: Task): Promise<void> {
  try {
    await bindAttachers(entry, task);
  } catch (error) {
    room.log('error', `attaching to container ${entry.spec.id}: ${messageOf(error)}`);
  }
}

/** One step of undoing; a failure here must not hide the failure that brought us here. */
async function attempt(room: Room, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    room.log('error', `undoing a failed start: ${messageOf(error)}`);
  }
}
