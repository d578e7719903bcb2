/**
 * Makes a container of the command line. Its record is on disk before anything else of it, so that a create that is
 * killed leaves a container that `delete --force` clears away; one that fails leaves nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Conflict, Forbidden, Internal, InvalidArgument, messageOf } from '#base';
import { atOnce, Cgroup, cgroupLayout, compileSeccomp, isHostRoot, layoutBelow, mountsAt, layoutBeside, securityModules, startTimeOf, type CompiledSeccomp } from '#kernel';
import type { OciSpec } from '#spec';
import { compileCreate } from '../compile.ts';
import { compileListener } from '../compile/hooks.ts';
import { labelsOf } from '../compile/labels.ts';
import { cannotRaise, cloneFlags, unraisableCapabilities, warnOfUnknown } from '../compile/names.ts';
import { ownsMounts } from '../compile/namespaces.ts';
import { validateSpec } from '../compile/validate.ts';
import { withoutHosts } from '../hosts-namespaces.ts';
import { takeMountsAway } from './remove.ts';
import { cgroupPathOf, inheritedView, placementOf } from '../plan/placement.ts';
import { consoleSocketIn } from './console.ts';
import { isFrozen, type Container } from './container.ts';
import { withEnvironment } from './environment.ts';
import { entranceOf, type Entrance } from './entrance.ts';
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
  /** Its program can say that it is ready (notify.ts). */
  readonly notify: boolean;
  /** The launch reaps the process and its orphans while it is held. */
  readonly reaper: boolean;
  warn(message: string): void;
  /** Before anything of the container is there. */
  warnFirst(message: string): void;
  debug(message: string): void;
}

export interface Created {
  readonly container: Container;
  readonly launch: Launch;
  /** The launch holds its terminal, unless a socket has it. */
  readonly terminal: boolean;
}

const SIGKILL = 9;

/**
 * As runC has it: below the root of the hierarchies, by the container's own name where the spec says none; an ordinary user's
 * beside the one that he is in. Throws Forbidden in runC's words for a path that cannot be his.
 */
export function directCgroup(spec: OciSpec, id: string): Cgroup {
  const path = cgroupPathOf(spec, id, '/');
  if (isHostRoot()) return new Cgroup(path, cgroupLayout(), atOnce);
  const asked = spec.linux?.cgroupsPath;
  const layout = asked?.startsWith('/') ? layoutBelow('/') : layoutBeside();
  if (asked && !layout.v2) throw new Forbidden(`rootless needs no limits + no cgrouppath when no permission is granted for cgroups: mkdir ${asked}: permission denied`);
  return new Cgroup(path, layout, atOnce);
}

/** The container waits to be started. Throws in runC's words. */
export async function createContainer(request: CreateRequest): Promise<Created> {
  const { root, id, spec } = request;
  refuseMissingRoot(spec);
  validateSpec(withoutHosts(spec, { network: '/proc/self/ns/net', ipc: '/proc/self/ns/ipc' }));
  const unit = request.systemd ? await (await systemd()).placeUnit(spec, id, atOnce) : undefined;
  const cgroup = unit?.cgroup ?? directCgroup(spec, id);
  const directory = makeDirectory(root, id);
  refuseOccupied(cgroup, directory);
  const mounts = { rootfs: spec.root?.path ?? '', ...(!ownsMounts(spec) && { mountsBefore: mountsAt(spec.root?.path ?? '') }) };
  try {
    const notified = request.notify ? { ...request, spec: (await import('./notify.ts')).withNotifySocket(spec, directory) } : request;
    return await make(notified, directory, { cgroup, unit, mountsBefore: mounts.mountsBefore });
  } catch (error) {
    const stop = async () => unit && (await systemd()).stopUnit(unit);
    await undo(request.warn, [() => cgroup.kill(SIGKILL), stop, () => cgroup.remove(), () => takeMountsAway(mounts), () => removeDirectory(directory)]);
    throw error;
  }
}

/** Loaded where it is asked for: people wait for the start of the command. */
const systemd = () => import('../systemd/unit.ts');

function refuseMissingRoot({ root }: OciSpec): void {
  if (root?.path && !existsSync(root.path)) throw new InvalidArgument(`invalid rootfs: stat ${root.path}: no such file or directory`);
}

/**
 * A cgroup that others are in, or that is frozen, so that the container would never begin, is nobody's to be had, as runC has it from 1.2
 * on: then nothing is made, and `directory` goes again. Throws Conflict in runC's words.
 */
export function refuseOccupied(cgroup: Cgroup, directory: string): void {
  const { length } = cgroup.pids();
  const complaint = length > 0 ? `container's cgroup is not empty: ${length} process(es) found` : isFrozen(cgroup) && 'container\'s cgroup unexpectedly frozen';
  if (!complaint) return;
  removeDirectory(directory);
  throw new Conflict(complaint);
}

interface Place {
  readonly cgroup: Cgroup;
  readonly unit: PlacedUnit | undefined;
  readonly mountsBefore: number | undefined;
}

async function make(request: CreateRequest, directory: string, { cgroup, unit, mountsBefore }: Place): Promise<Created> {
  const { spec, shimPath, id, preserved, reaper, warn, warnFirst, debug } = request;
  const seccomp = spec.linux?.seccomp && compileSeccomp(spec.linux.seccomp);
  const record = { ...recordOf(request, cgroup, seccomp), ...(mountsBefore !== undefined && { mountsBefore }), ...(unit && { systemd: { unit: unit.unit, user: unit.user, root: unit.root } }) };
  using consoleSocket = consoleSocketIn(directory, request.consoleSocket);
  const entrance = await entranceOf(spec, id, cgroup, unit);
  const plan = compilePlan({ ...request, consoleSocket: consoleSocket.path }, directory, { cgroup, late: entrance.late }, seccomp);
  for (const name of unraisableCapabilities(spec.process?.capabilities)) warnFirst(cannotRaise(name));
  warnOfUnknown(spec.process?.capabilities, warn);
  writeRecord(directory, record);
  if (seccomp) writeSeccomp(directory, seccomp.program);
  await using _opened = await entrance.open();
  debug(`nsexec container setup: a launch plan of ${plan.length} operations`);
  const launching = launch({ shimPath, directory, label: id, plan, preserved, reaper, warn, hooks: pausesOf(entrance, request) });
  const launched = await launching.catch((error: unknown) => {
    throw explained(error, spec, cgroup);
  });
  const { pid } = launched;
  debug(`child process in init(): ${pid}`);
  const complete = { ...record, pid, startTime: startTimeOf(pid) ?? '' };
  writeRecord(directory, complete);
  debug('init: closing the pipe to signal completion');
  return { container: { directory, record: complete, cgroup }, launch: launched, terminal: spec.process?.terminal ?? false };
}

/** What the kernel's limits, rather than the failing step, are to blame for is told in runC's words for that. */
function explained(error: unknown, spec: OciSpec, cgroup: Cgroup): unknown {
  if (killedForMemory(cgroup, spec)) return new Internal('unable to start container process: container init was OOM-killed (memory limit too low?)', { cause: error });
  const refused = messageOf(error).endsWith('error setting scheduler: operation not permitted');
  if (!refused || !spec.linux?.resources?.cpu?.cpus) return error;
  return new Internal("unable to start container process: error during container init: process scheduler can't be used together with AllowedCPUs", { cause: error });
}

function killedForMemory(cgroup: Cgroup, spec: OciSpec): boolean {
  const control = placementOf(cgroup, spec).oom?.control;
  return control !== undefined && existsSync(control) && /^oom_kill [1-9]/m.test(readFileSync(control, 'utf8'));
}

function compilePlan(request: CreateRequest, directory: string, { cgroup, late }: { readonly cgroup: Cgroup; readonly late: boolean }, seccomp: CompiledSeccomp | undefined) {
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
    cgroup: { ...placement, late, view: placement.view ?? inheritedView(spec), oom: undefined },
    seeded: 0,
    rootless,
    groupsDenied: deniesGroups(rootless),
    direct: { terminal, consoleSocket, preserved, keepKeyring, fifo: fifoPath(directory) },
  });
}

/** What the launch waits for, one after the other. */
function pausesOf({ late, place }: Entrance, request: CreateRequest): (pid: number) => Promise<void> {
  const pauses = [...(late ? [place] : []), (pid: number) => hooksOf(request, pid)];
  return async (pid) => pauses.shift()?.(pid);
}

async function hooksOf({ spec, id, bundle }: CreateRequest, pid: number): Promise<void> {
  const { actOnHost } = await import('../host-side.ts');
  await actOnHost(spec, { id, pid, bundle });
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
    below: cgroup.layout.below,
    ownsPids: spec.linux?.namespaces?.some(({ type, path }) => type === 'pid' && !path) ?? false,
    namespaces: (spec.linux?.namespaces ?? []).reduce((flags, { type }) => flags | cloneFlags[type], 0),
    capabilities: spec.process?.capabilities,
    labels: labelsOf(spec),
    memoryPolicy: spec.linux?.memoryPolicy,
    ...(spec.linux?.personality && { personality: spec.linux.personality }),
    seccompFlags: seccomp?.flags ?? 0,
    listener: compileListener(spec, id, bundle),
    keepKeyring,
    groupsDenied: deniesGroups(rootlessOf(spec)),
    poststart: spec.hooks?.poststart ?? [],
    poststop: spec.hooks?.poststop ?? [],
  };
}
