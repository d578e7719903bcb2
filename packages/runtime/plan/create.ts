/**
 * Makes a task: directory, shim, cgroup, launch. The shim's program is being loaded while the cgroup is made. The record
 * on disk comes first of all, so that whoever finds a half-made task knows what to clear away; a create that fails here
 * leaves nothing.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Conflict, InvalidArgument, isKind } from '#base';
import { allowRealtime, Cgroup, compileSeccomp, ownNetworkFile, securityModules, setgroupsDenied, type CompiledSeccomp } from '#kernel';
import { encodePlan, FrameType, SEEDED, ShimConnection, ShimFailure, spawnShim, type LaunchPlan } from '#shim';
import type { OciSpec } from '#spec';
import { compileCreate } from '../compile.ts';
import { validateSpec } from '../compile/validate.ts';
import { compileListener } from '../compile/hooks.ts';
import { labelsOf } from '../compile/labels.ts';
import { cloneFlags } from '../compile/names.ts';
import { backFromSeed, canBeSeeded, seededNamespaces } from '../compile/seed.ts';
import { actOnHost } from '../host-side.ts';
import { withoutHosts } from '../hosts-namespaces.ts';
import type { CreateOptions, Task } from '../port.ts';
import { undo } from '../undo.ts';
import { createFailure, reason } from './failure.ts';
import { taskEvents, type TaskEvents } from './events.ts';
import { removeTaskDirectory, writeTask, type LateHooks, type TaskRecord } from './layout.ts';
import { placementOf } from './placement.ts';
import { attachAt } from './process.ts';
import { placeOf, recordedUnit, systemd, type Place } from './scope.ts';
import type { PlanRoom } from './room.ts';
import type { HeldShim } from './spares.ts';
import { PlanTask } from './task.ts';
import { unlessGone } from '../unless-gone.ts';

export function createTask(room: PlanRoom, options: CreateOptions): Promise<Task> {
  return makeTaskBy(room, options, (directory, place) => launch(room, directory, place, options));
}

/** What `make` fails at leaves nothing: what CRIU restored outlives a shim that was killed. */
export async function makeTaskBy(room: PlanRoom, options: CreateOptions, make: (directory: string, place: Place) => Promise<Task>): Promise<Task> {
  if (!/^[\w+.-]+$/.test(options.id) || options.id.startsWith('.')) throw new InvalidArgument(`invalid container id format: ${options.id}`);
  const { cgroup, unit } = await placeOf(room, options);
  const directory = join(room.tasksRoot, options.id);
  if (room.making.has(options.id) || existsSync(directory)) throw new Conflict(`container with given ID already exists: ${options.id}`);
  room.making.add(options.id);
  try {
    allowRealtime(dirname(cgroup.path), room.realtime);
    await using _unit = unit && (await (await systemd()).startUnit(unit, options.spec, options.id));
    return await make(directory, { cgroup, unit });
  } catch (error) {
    const stop = async () => unit && (await systemd()).stopUnit(unit);
    await undo((message) => room.warn(options.id, message), [() => cgroup.kill(9), stop, () => cgroup.remove(), () => removeTaskDirectory(directory)]);
    throw error;
  } finally {
    room.making.delete(options.id);
  }
}

/** A cgroup of the container's own name without a task: its exec root was lost while the machine went on. What is in it cannot be reached any more. */
export async function clearLost(cgroup: Cgroup, id: string): Promise<void> {
  if (basename(cgroup.path) !== id || !cgroup.directories.some((directory) => existsSync(directory))) return;
  await cgroup.end();
  await cgroup.remove();
}

async function launch(room: PlanRoom, directory: string, { cgroup, unit }: Place, options: CreateOptions): Promise<Task> {
  const seccomp = options.spec.linux?.seccomp && compileSeccomp(options.spec.linux.seccomp);
  const record = recordOf(options, { cgroup, unit }, seccomp && { flags: seccomp.flags, name: room.programs.keep(seccomp.program) });
  room.spares.busy();
  const begin = (shim: HeldShim) => launchOn(shim, room, { directory, cgroup, options, record, seccomp });
  const spare = canBeSeeded(options.spec) ? room.spares.take(directory, record) : undefined;
  try {
    if (spare) return await begin(spare);
  } catch (error) {
    if (!(error instanceof SeedLost)) throw error;
    await removeTaskDirectory(directory);
  }
  await clearLost(cgroup, options.id);
  makeTask(directory, record);
  return await begin(await freshShim(room, directory, cgroup, options));
}

export function makeTask(directory: string, record: TaskRecord): void {
  mkdirSync(directory, { mode: 0o700 });
  writeTask(directory, record);
}

/** The spare or its seed had been killed, or a cgroup is in the way of its own; nothing has been done. */
class SeedLost extends Error {}

export async function freshShim(room: PlanRoom, directory: string, cgroup: Cgroup, { id, label }: CreateOptions): Promise<HeldShim> {
  const events = taskEvents();
  const [spawned, cgroupMade] = await Promise.allSettled([spawnShim(room.image, directory, label ?? id), cgroup.create()]);
  if (spawned.status === 'rejected') throw spawned.reason;
  const connection = new ShimConnection(spawned.value, events.handlers);
  if (cgroupMade.status === 'fulfilled') return { connection, events, seeded: false, placed: Promise.resolve() };
  await abandon(connection, events);
  throw cgroupMade.reason;
}

interface Parts {
  readonly directory: string;
  readonly cgroup: Cgroup;
  readonly options: CreateOptions;
  readonly record: TaskRecord;
  readonly seccomp: CompiledSeccomp | undefined;
}

async function launchOn({ connection, events, seeded, placed }: HeldShim, room: PlanRoom, parts: Parts): Promise<Task> {
  const { directory, cgroup, options, record } = parts;
  let plan: LaunchPlan = [];
  const visit = visitOf(options);
  let begun = false;
  let attached: Promise<void> | undefined;
  let pid: number;
  events.onWarning = (failure) => room.warn(options.id, reason(plan, failure));
  const hooks = answerHooks(connection, events, parts);
  try {
    plan = compile(parts, seeded);
    await placed;
    cgroup.apply(options.spec.linux?.resources ?? {});
    events.onCloned = (cloned) => {
      begun = true;
      if (!setsInterfaceSysctls(options.spec)) void visit.begin(cloned);
      attached = attachEarly(directory, options);
    };
    const answer = await connection.request(FrameType.create, { flag: seeded ? SEEDED : 0, payload: encodePlan(plan) });
    pid = answer.payload.readUInt32LE(0);
  } catch (error) {
    await Promise.allSettled([placed]); // its names are on the way; what is undone must find them
    await abandon(connection, events);
    await Promise.allSettled([visit.over(), attached]);
    if (seeded && !begun && (isKind(error, 'Unavailable') || (error instanceof ShimFailure && !plan[error.failure.op]))) throw new SeedLost();
    throw hooks.failure ?? (error instanceof ShimFailure ? createFailure(plan, error.failure) : error);
  }
  const task = new PlanTask({ room, directory, record, cgroup, connection, events, pid, state: 'created', startedAt: undefined, seedPid: 0 });
  try {
    await visit.begin(pid);
    await attached;
    events.onCloned = undefined; // a container that runs for months need not keep what it was made from
    return task;
  } catch (error) {
    await task.delete(true);
    throw error;
  }
}

/** The caller's one visit to the namespaces, whoever calls for it first: the shim in the middle of the launch, or we after it. */
export function visitOf({ onNamespaces }: CreateOptions) {
  let visit: Promise<void> | undefined;
  return {
    begin: (pid: number): Promise<void> => {
      visit ??= onNamespaces?.(pid) ?? Promise.resolve();
      visit.catch(() => undefined); // who awaits it is told
      return visit;
    },
    /** When there is another failure to tell. */
    over: () => Promise.allSettled([visit]),
  };
}

/** Who waits to attach does so while the rest is being laid; a terminal is there only after that, and what is typed into it before would be lost. */
function attachEarly(directory: string, { stdio, onStdio }: CreateOptions): Promise<void> | undefined {
  if (stdio.terminal) return undefined;
  const attached = onStdio?.({ attach: (streams) => attachAt(directory, 0, streams) });
  attached?.catch(() => undefined); // who awaits it is told
  return attached;
}

/** Runs the host's hooks when the launch has come to them; one that fails ends it. */
function answerHooks(connection: ShimConnection, events: TaskEvents, { options: { id, spec, bundle }, directory }: Parts): { failure?: unknown } {
  const state: { failure?: unknown } = {};
  events.onHooks = (pid) =>
    void actOnHost(spec, { id, pid, bundle: bundle ?? directory })
      .then(() => connection.request(FrameType.go))
      .catch((error: unknown) => {
        state.failure = error;
        return connection.request(FrameType.shutdown).catch(unlessGone); // the launch ends with it
      });
  return state;
}

/** What holds for interfaces has to be set before there are any. */
function setsInterfaceSysctls(spec: OciSpec): boolean {
  return Object.keys(spec.linux?.sysctl ?? {}).some((name) => /^net\.ipv[46]\.(?:conf|neigh)\./.test(name));
}

/** Ends a shim with whatever it has begun. When this resolves it has gone: nothing of it comes into the directory or the cgroup any more. */
export async function abandon(connection: ShimConnection, events: TaskEvents): Promise<void> {
  await connection.request(FrameType.shutdown).catch(unlessGone);
  await events.ending(0);
  await connection.closed;
}

function compile({ directory, options, cgroup, seccomp }: Parts, seeded: boolean): LaunchPlan {
  const { id, rootfs, stdio, init, label = id, bundle = directory } = options;
  validateSpec(withoutHosts(options.spec, ownNamespaces())); // the way back from a seed into a namespace of the host looks like one of the container's own
  const spec = seeded ? backFromSeed(options.spec, ownNamespaces()) : options.spec;
  const root = resolve(spec.root?.path ?? 'rootfs');
  if (rootfs.length > 0) mkdirSync(root, { recursive: true });
  return compileCreate({ id, label, spec, root, rootfs, bundle, noPivot: undefined, stdio, init, seccomp, modules: securityModules(), cgroup: placementOf(cgroup, spec), seeded: seeded ? seededNamespaces : 0, groupsDenied: setgroupsDenied() });
}

/** Of the daemon, and of what shares the host's namespaces. */
function ownNamespaces() {
  const of = (file: string): string => `/proc/${process.pid}/ns/${file}`;
  return { network: ownNetworkFile(), ipc: of('ipc'), uts: of('uts') };
}

export function recordOf({ id, spec, bundle = '' }: CreateOptions, { cgroup, unit }: Place, seccomp: { name: string; flags: number } | undefined): TaskRecord {
  const namespaces = (spec.linux?.namespaces ?? []).reduce((flags, { type }) => flags | cloneFlags[type], 0);
  const { capabilities } = spec.process ?? {};
  const listener = compileListener(spec, id, bundle);
  return { version: 1, id, createdAt: Date.now(), cgroup: cgroup.path, below: cgroup.layout.below, ...(unit && { systemd: recordedUnit(unit) }), capabilities, labels: labelsOf(spec), memoryPolicy: spec.linux?.memoryPolicy, namespaces, seccomp: seccomp?.name, seccompFlags: seccomp?.flags ?? 0, listener, late: lateHooksOf(spec, id, bundle) };
}

function lateHooksOf({ hooks, ociVersion, annotations }: OciSpec, id: string, bundle: string): LateHooks | undefined {
  const { poststart = [], poststop = [] } = hooks ?? {};
  return poststart.length + poststop.length > 0 ? { poststart, poststop, state: { ociVersion, id, bundle, annotations } } : undefined;
}
