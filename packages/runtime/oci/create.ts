/** Makes a task by another OCI runtime: the task's directory is its bundle. A create that fails leaves nothing. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Conflict, Internal, InvalidArgument, NotImplemented } from '#base';
import { allowRealtime, Cgroup } from '#kernel';
import { encodePlan, FrameType, ShimConnection, ShimFailure, spawnShim, type LaunchPlan } from '#shim';
import type { OciSpec } from '#spec';
import { taskEvents } from '../plan/events.ts';
import { createFailure, hintFor } from '../plan/failure.ts';
import { removeTaskDirectory, writeTask, type RuntimeBinary } from '../plan/layout.ts';
import { cgroupPathOf, placementOf } from '../plan/placement.ts';
import { inSlice, placeOf } from '../plan/scope.ts';
import type { PlanRoom } from '../plan/room.ts';
import type { CreateOptions, Task } from '../port.ts';
import { undo } from '../undo.ts';
import { callBinary, environment, lastError, wordsOf, type BinaryCall } from './binary.ts';
import { compileAdopt, consoleSocket, pidFile } from './compile.ts';
import { OciTask } from './task.ts';

export interface OciRoom extends PlanRoom {
  /** Where the runtimes keep their states. */
  readonly stateRoot: string;
  /** Bound into a container as its init. */
  readonly shimPath: string;
}

export async function createByBinary(room: OciRoom, binary: RuntimeBinary, options: CreateOptions): Promise<Task> {
  const { id } = options;
  if (options.checkpoint !== undefined) throw new NotImplemented('not implemented: checkpoints of containers with a runtime of their own');
  if (!/^[\w+.-]+$/.test(id) || id.startsWith('.')) throw new InvalidArgument(`invalid container id format: ${id}`);
  const directory = join(room.tasksRoot, id);
  if (room.making.has(id) || existsSync(directory)) throw new Conflict(`container with given ID already exists: ${id}`);
  const { cgroup, unit } = await placeOf(room, options);
  const call = { binary: unit ? { ...binary, args: [...binary.args, '--systemd-cgroup'] } : binary, stateRoot: room.stateRoot, log: join(directory, 'runtime.log') };
  room.making.add(id);
  try {
    allowRealtime(dirname(cgroup.path), room.realtime);
    mkdirSync(directory, { mode: 0o700 });
    return await make(room, call, { directory, cgroup, options });
  } catch (error) {
    await callBinary({ ...call, log: `${call.log}.late` }, ['delete', '--force', id]).catch(() => undefined); // it may know nothing of it
    await undo((message) => room.warn(id, message), [() => cgroup.remove(), () => removeTaskDirectory(directory)]);
    throw error;
  } finally {
    room.making.delete(id);
  }
}

interface Parts {
  readonly directory: string;
  readonly cgroup: Cgroup;
  readonly options: CreateOptions;
}

async function make(room: OciRoom, call: BinaryCall, { directory, cgroup, options }: Parts): Promise<Task> {
  const { id, spec, label = id } = options;
  const record = { version: 1, id, createdAt: Date.now(), cgroup: cgroup.path, below: cgroup.layout.below, capabilities: spec.process?.capabilities, namespaces: 0, seccomp: undefined, seccompFlags: 0, listener: undefined, runtime: call.binary } as const;
  writeTask(directory, record);
  const root = resolve(spec.root?.path ?? 'rootfs');
  if (options.rootfs.length > 0) mkdirSync(root, { recursive: true });
  writeFileSync(join(directory, 'config.json'), printSpec(specFor(room, options, root, cgroup)), { mode: 0o600 });
  const events = taskEvents();
  await cgroup.create();
  const plan = planOf(call, { directory, cgroup, options }, root);
  const connection = new ShimConnection(await spawnShim(room.image, directory, label), events.handlers);
  try {
    const answer = await connection.request(FrameType.create, { payload: encodePlan(plan) });
    const pid = answer.payload.readUInt32LE(0);
    await options.onNamespaces?.(pid);
    return new OciTask({ room, directory, record, cgroup, connection, events, pid, state: 'created', startedAt: undefined, seedPid: 0 }, room.stateRoot);
  } catch (error) {
    await connection.request(FrameType.shutdown).catch(() => undefined); // gone by itself when the launch failed
    connection[Symbol.dispose]();
    await events.ending(0);
    throw error instanceof ShimFailure ? failureOf(call, plan, error) : error;
  }
}

function failureOf({ log }: BinaryCall, plan: LaunchPlan, { failure }: ShimFailure): Error {
  const said = lastError(log);
  if (!said) return createFailure(plan, failure);
  const message = `OCI runtime create failed: ${said}: unknown${hintFor(said)}`;
  return /^.*exec:|executable file|no such file|permission denied/i.test(said) ? new InvalidArgument(message) : new Internal(message);
}

function planOf(call: BinaryCall, { directory, cgroup, options: { id, label = id, spec, stdio, rootfs } }: Parts, root: string): LaunchPlan {
  const terminal = stdio.terminal ? ['--console-socket', consoleSocket] : [];
  return compileAdopt({
    label,
    directory,
    root,
    rootfs,
    spec,
    stdio,
    cgroup: placementOf(cgroup, spec),
    create: wordsOf(call, 'create', '--bundle', directory, '--pid-file', pidFile, ...terminal, id),
    start: wordsOf(call, 'start', id),
    environment: environment(),
  });
}

/** Of the spec as it is written: some runtimes refuse one that is newer than they are. */
const WRITTEN = '1.0.2';

/** As another runtime takes it: from the hierarchies' root. Undefined where an ordinary user has none to give. */
function pathFromRoot({ path, layout: { below } }: Cgroup): string | undefined {
  return below === null ? undefined : join('/', below ?? '', path);
}

/** The spec as the runtime is to have it: roots and cgroup by absolute path, Docker's init as a program of the container. */
function specFor({ shimPath, cgroupParent, systemd }: OciRoom, { id, spec, init, stdio }: CreateOptions, root: string, cgroup: Cgroup): OciSpec {
  const linux = systemd ? inSlice(spec, cgroupPathOf(spec, id, cgroupParent)).linux : { ...spec.linux, cgroupsPath: pathFromRoot(cgroup) };
  const whole = { ...spec, ociVersion: WRITTEN, root: { ...spec.root, path: root }, linux, ...(spec.process && { process: { ...spec.process, terminal: stdio.terminal } }) };
  if (!init || !whole.process) return whole;
  const program = '/sbin/docker-init';
  const mount = { destination: program, type: 'bind', source: shimPath, options: ['bind', 'ro'] };
  return { ...whole, mounts: [...(spec.mounts ?? []), mount], process: { ...whole.process, args: [program, '--', ...(whole.process.args ?? [])] } };
}

/** Arguments of seccomp rules may be bigints. */
function printSpec(spec: OciSpec): string {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.stringify(spec, (_key, value: unknown) => (typeof value === 'bigint' ? rawJSON(String(value)) : value));
}
