/**
 * Makes a container of the command line. Its record is on disk before anything else of it, so that a create that is
 * killed leaves a container that `delete --force` clears away; one that fails leaves nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Conflict, errnoOf, Internal, InvalidArgument } from '#base';
import { Cgroup, compileSeccomp, securityModules, type CompiledSeccomp } from '#kernel';
import type { OciSpec } from '#spec';
import { compileCreate } from '../compile.ts';
import { compileListener } from '../compile/hooks.ts';
import { labelsOf } from '../compile/labels.ts';
import { cloneFlags, unknownCapabilities } from '../compile/names.ts';
import { cgroupPathOf, inheritedView, placementOf } from '../plan/placement.ts';
import { consoleSocketIn } from './console.ts';
import { processStat, type Container } from './container.ts';
import { withEnvironment } from './environment.ts';
import { launch, type Launch } from './launch.ts';
import { fifoPath, makeDirectory, removeDirectory, writeRecord, writeSeccomp, type ContainerRecord } from './layout.ts';
import type { PlacedUnit } from '../systemd/unit.ts';
import { undo } from '../undo.ts';
import { readRevealing } from './revealing.ts';
import { deniesGroups, rootlessOf } from './rootless.ts';

export interface CreateRequest {
  /** Where the states of containers lie. */
  readonly root: string;
  readonly shimPath: string;
  readonly id: string;
  readonly bundle: string;
  /** Its root path absolute. */
  readonly spec: OciSpec;
  readonly consoleSocket: string | undefined;
  /** Descriptors from 3 on that the program has. */
  readonly preserved: number;
  readonly noPivot: boolean;
  readonly keepKeyring: boolean;
  /** The container is a unit of systemd's. */
  readonly systemd: boolean;
  /** The launch reaps the process and its orphans while it is held. */
  readonly reaper: boolean;
  warn(message: string): void;
  debug(message: string): void;
}

export interface Created {
  readonly container: Container;
  readonly launch: Launch;
  /** The launch holds its terminal, unless a socket has it. */
  readonly terminal: boolean;
}

const SIGKILL = 9;

/** Below the root of the hierarchies, by the container's own name, as runC has it there. */
export function directCgroup(spec: OciSpec, id: string): Cgroup {
  return new Cgroup(cgroupPathOf(spec, id, '/'));
}

/** The container waits to be started. Throws in runC's words. */
export async function createContainer(request: CreateRequest): Promise<Created> {
  const { root, id, spec } = request;
  refuseMissingRoot(spec);
  const unit = request.systemd ? await (await systemd()).placeUnit(spec, id) : undefined;
  const cgroup = unit?.cgroup ?? directCgroup(spec, id);
  const directory = makeDirectory(root, id);
  refuseOccupied(cgroup, directory);
  try {
    return await make(request, directory, cgroup, unit);
  } catch (error) {
    const stop = async () => unit && (await systemd()).stopUnit(unit);
    await undo(request.warn, [() => cgroup.kill(SIGKILL), stop, () => cgroup.remove(), () => removeDirectory(directory)]);
    throw error;
  }
}

/** Loaded where it is asked for: people wait for the start of the command. */
const systemd = () => import('../systemd/unit.ts');

function refuseMissingRoot({ root }: OciSpec): void {
  if (root?.path && !existsSync(root.path)) throw new InvalidArgument(`invalid rootfs: stat ${root.path}: no such file or directory`);
}

/**
 * Somebody else's processes would be killed with the container, and in a frozen cgroup it would never begin: then nothing
 * is made, and `directory` goes again. Throws Conflict in runC's words.
 */
export function refuseOccupied(cgroup: Cgroup, directory: string): void {
  const { length } = cgroup.pids();
  const complaint = length > 0 ? `is not empty: ${length} process(es) found` : isFrozen(cgroup) && 'unexpectedly frozen';
  if (!complaint) return;
  removeDirectory(directory);
  throw new Conflict(`container's cgroup ${complaint}`);
}

/** One that is not there yet is not. */
function isFrozen(cgroup: Cgroup): boolean {
  try {
    return cgroup.frozen;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function make(request: CreateRequest, directory: string, cgroup: Cgroup, unit: PlacedUnit | undefined): Promise<Created> {
  const { spec, shimPath, id, preserved, reaper, warn, debug } = request;
  const seccomp = spec.linux?.seccomp && compileSeccomp(spec.linux.seccomp);
  const record = { ...recordOf(request, cgroup, seccomp), ...(unit && { systemd: { unit: unit.unit, user: unit.user, root: unit.root } }) };
  using consoleSocket = consoleSocketIn(directory, request.consoleSocket);
  const plan = compilePlan({ ...request, consoleSocket: consoleSocket.path }, directory, cgroup, seccomp);
  const unknown = unknownCapabilities(spec.process?.capabilities);
  if (unknown.length > 0) warn(`ignoring unknown or unavailable capabilities: [${unknown.join(' ')}]`);
  writeRecord(directory, record);
  if (seccomp) writeSeccomp(directory, seccomp.program);
  await using _unit = unit && (await (await systemd()).startUnit(unit, spec, id));
  await cgroup.create();
  cgroup.apply(spec.linux?.resources ?? {});
  debug(`nsexec container setup: a launch plan of ${plan.length} operations`);
  const launching = launch({ shimPath, directory, label: id, plan, preserved, reaper, warn, hooks: (pid) => hooksOf(request, pid) });
  const launched = await launching.catch((error: unknown) => {
    throw killedForMemory(cgroup, spec) ? new Internal('unable to start container process: container init was OOM-killed (memory limit too low?)', { cause: error }) : error;
  });
  const { pid } = launched;
  debug(`child process in init(): ${pid}`);
  const complete = { ...record, pid, startTime: processStat(pid)?.startTime ?? '' };
  writeRecord(directory, complete);
  debug('init: closing the pipe to signal completion');
  return { container: { directory, record: complete, cgroup }, launch: launched, terminal: spec.process?.terminal ?? false };
}

function killedForMemory(cgroup: Cgroup, spec: OciSpec): boolean {
  const control = placementOf(cgroup, spec).oom?.control;
  return control !== undefined && existsSync(control) && /^oom_kill [1-9]/m.test(readFileSync(control, 'utf8'));
}

function compilePlan(request: CreateRequest, directory: string, cgroup: Cgroup, seccomp: CompiledSeccomp | undefined) {
  const { id, bundle, noPivot, consoleSocket, preserved, keepKeyring } = request;
  const spec = { ...request.spec, ...(request.spec.process && { process: withEnvironment(request.spec.process, request.spec.root?.path ?? '') }) };
  const terminal = spec.process?.terminal ?? false;
  const rootless = rootlessOf(spec);
  const placement = placementOf(cgroup, spec);
  return compileCreate({
    id,
    label: id,
    spec,
    root: spec.root?.path ?? '',
    rootfs: [],
    bundle,
    noPivot: noPivot ? readRevealing(spec.root?.path ?? '') : undefined,
    stdio: { terminal, stdin: true, stdinOnce: true, log: undefined },
    init: false,
    seccomp,
    modules: securityModules(),
    cgroup: { ...placement, view: placement.view ?? inheritedView(spec), oom: undefined },
    seeded: 0,
    rootless,
    groupsDenied: deniesGroups(rootless),
    direct: { terminal, consoleSocket, preserved, keepKeyring, fifo: fifoPath(directory) },
  });
}

async function hooksOf({ spec, id, bundle }: CreateRequest, pid: number): Promise<void> {
  const { runLaunchHooks } = await import('../host-hooks.ts');
  await runLaunchHooks(spec, { id, pid, bundle });
}

/** What a record is made from. */
export type RecordInput = Pick<CreateRequest, 'id' | 'spec' | 'bundle' | 'keepKeyring'>;

export function recordOf({ id, spec, bundle, keepKeyring }: RecordInput, cgroup: Cgroup, seccomp: CompiledSeccomp | undefined): ContainerRecord {
  return {
    version: 1,
    id,
    ociVersion: spec.ociVersion,
    bundle,
    rootfs: spec.root?.path ?? '',
    created: new Date().toISOString(),
    annotations: spec.annotations,
    pid: 0,
    startTime: '',
    cgroup: cgroup.path,
    namespaces: (spec.linux?.namespaces ?? []).reduce((flags, { type }) => flags | cloneFlags[type], 0),
    capabilities: spec.process?.capabilities,
    labels: labelsOf(spec),
    seccompFlags: seccomp?.flags ?? 0,
    listener: compileListener(spec, id, bundle),
    keepKeyring,
    groupsDenied: deniesGroups(rootlessOf(spec)),
    poststart: spec.hooks?.poststart ?? [],
    poststop: spec.hooks?.poststop ?? [],
  };
}
