/** Puts the verbs together behind the port. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, KeyedLock, messageOf, type Database } from '#base';
import { makeTopDirectory } from '#kernel';
import type { OciResources } from '#spec';
import type { Task } from '#runtime';
import { attach } from './attach.ts';
import { checkpoint } from './checkpoint.ts';
import { create } from './create.ts';
import { repointHost, rewriteEtcFiles } from './etc-files.ts';
import { adoptExec, exec } from './exec.ts';
import { hostFacts } from './host.ts';
import { makeInitLayer } from './init-layer.ts';
import { kill } from './kill.ts';
import { pause, resume } from './pause.ts';
import type { ContainerSpec, Supervisor } from './port.ts';
import { recover } from './recover.ts';
import { remove } from './remove.ts';
import { entryOf, stateOf, type Ports, type Room } from './room.ts';
import { withOwnFiles, withRoot, withView } from './root.ts';
import { recordStartFailure, start } from './start.ts';
import { can, type Verb } from './states.ts';
import { stop } from './stop.ts';
import { specStore } from './store.ts';
import { userDatabaseOf } from './user-database.ts';
import { lookupUser } from './users.ts';
import { wait } from './wait.ts';

/** `root` is the data root: containers' directories lie under `<root>/containers`, the shared layer in `<root>/init-layer`. */
export function createSupervisor(ports: Ports & { readonly db: Database; readonly root: string }): Supervisor {
  const room = makeRoom(ports);
  return {
    create: (spec) => create(room, spec),
    state: (id) => {
      const entry = room.entries.get(id);
      return entry && stateOf(room, entry);
    },
    spec: (id) => entryOf(room, id).spec,
    list: (owner) => [...room.entries.values()].filter((entry) => entry.spec.owner === owner).map((entry) => stateOf(room, entry)),
    start: (id, options = {}) => start(room, id, options),
    recordStartFailure: (id, error) => recordStartFailure(room, id, error),
    stop: (id, timeout, signal) => stop(room, id, timeout, signal),
    kill: (id, signal) => kill(room, id, signal),
    pause: (id) => pause(room, id),
    resume: (id) => resume(room, id),
    checkpoint: (id, to) => checkpoint(room, id, to),
    attach: (id, streams) => attach(room, id, streams),
    resize: async (id, columns, rows) => taskFor(room, id, 'resize').resize(columns, rows),
    exec: (id, spec) => exec(room, id, spec),
    adoptExec: (id, execId, handle) => adoptExec(room, id, execId, handle),
    pids: async (id) => taskFor(room, id, 'top').pids(),
    stats: async (id) => taskFor(room, id, 'stats').stats(),
    update: (id, resources) => update(room, id, resources),
    repointHost: (id, name, addresses) => room.lock.run(id, async () => repointHost(room, id, name, addresses)),
    reseat: (id, change) => room.lock.run(id, () => rewriteEtcFiles(room, entryOf(room, id).spec, change)),
    reconfigure: (id, change) => reconfigure(room, id, change),
    markRestarting: (id, restarting) => markRestarting(room, id, restarting),
    user: async (id) => {
      const { spec } = entryOf(room, id);
      return lookupUser(spec.process.user, [], userDatabaseOf(room, spec));
    },
    directory: (id) => join(room.containersRoot, id),
    wait: (id, condition) => wait(room, id, condition),
    remove: (id, options) => remove(room, id, options.force),
    withRoot: (id, work) => withRoot(room, id, work),
    withView: (id, mounts, work) => withView(room, id, mounts, work),
    withOwnFiles: (id, work) => withOwnFiles(room, id, work),
    subscribe(listener) {
      room.listeners.add(listener);
      return { [Symbol.dispose]: () => void room.listeners.delete(listener) };
    },
    retire: () => retire(room),
    waitingAttachments: () => [...room.entries.values()].flatMap(({ spec, waiting }) =>
      [...waiting].map((attachment) => ({ id: spec.id, streams: attachment.streams, bind: (task) => attachment.bind(task) })),
    ),
    recover: () => recover(room),
  };
}

/** An end that is being settled is settled; those that follow are another daemon's. */
async function retire(room: Room): Promise<void> {
  await room.lock.idle();
  room.retired = true;
}

function makeRoom(ports: Ports & { readonly db: Database; readonly root: string }): Room {
  const containersRoot = join(ports.root, 'containers');
  const initLayer = join(ports.root, 'init-layer');
  const rootfs = join(ports.root, 'rootfs');
  makeTopDirectory(containersRoot, 0o710);
  mkdirSync(rootfs, { recursive: true, mode: 0o710 });
  makeInitLayer(initLayer);
  return {
    ...ports,
    store: specStore(ports.db),
    host: hostFacts(),
    containersRoot,
    rootfs,
    initLayer,
    initLayers: new Map(),
    entries: new Map(),
    lock: new KeyedLock(),
    retired: false,
    listeners: new Set(),
  };
}

function taskFor(room: Room, id: string, verb: Verb): Task {
  const entry = entryOf(room, id);
  if (can(verb, entry.status) !== 'yes' || !entry.task) throw new Conflict(`container ${id} is not running`);
  return entry.task;
}

async function update(room: Room, id: string, resources: OciResources): Promise<void> {
  await room.lock.run(id, async () => {
    const entry = entryOf(room, id);
    if (can('update', entry.status) !== 'yes') throw new Conflict(`Container is marked for removal and cannot be "update".`);
    await entry.task?.update(resources);
    reconfigure(room, id, { resources });
  });
}

function reconfigure(room: Room, id: string, change: Partial<ContainerSpec>): void {
  const entry = entryOf(room, id);
  entry.spec = { ...entry.spec, ...change };
  room.store.saveSpec(entry.spec);
}

function markRestarting(room: Room, id: string, restarting: boolean): void {
  const entry = entryOf(room, id);
  if (entry.status !== (restarting ? 'exited' : 'restarting')) return;
  entry.status = restarting ? 'restarting' : 'exited';
  try {
    room.store.saveState(entry);
  } catch (error) {
    room.log('error', `state of container ${id} cannot be stored: ${messageOf(error)}`); // a full disk: nobody asked for this, who could be told
  }
}
