/**
 * The compiler: an OCI spec in, a launch plan out. Pure: it looks at nothing but its arguments, and its plans are
 * golden-tested as text. What the spec asks for and is not done is refused by name.
 *
 * The order of operations is runc's where a container could tell the difference, and otherwise the one in which each
 * step still has the rights that it needs.
 */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import type { SecurityModules } from '#kernel';
import { ConsoleFlag, ExecFlag, type LaunchPlan, type Operation, StdioFlag } from '#shim';
import type { OciProcess, OciSpec } from '#spec';
import { compileDevices, makesDevices } from './compile/devices.ts';
import { compileHooks, waitsForHost, compileListener } from './compile/hooks.ts';
import { enterCgroup, placedLate, type CgroupPlacement } from './compile/cgroup.ts';
import { type DirectExec, type DirectLaunch, sessionKeyring } from './compile/direct.ts';
import { compileKeyLabel, compileLabels, contextOf, refuseLabels, refuseMountLabel } from './compile/labels.ts';
import { type CompiledMounts, compileMapper, compileMounts, compilePropagation, compileReadonlyMounts, compileRootMounts, compileRootPropagation, rebind, takesEarly, type RootMount } from './compile/mounts.ts';
import { cloneFlags } from './compile/names.ts';
import { compileNamespaces, ownsMounts, refuseInHostsMounts, type NamespacePlan } from './compile/namespaces.ts';
import { refuseFalseProc } from './compile/proc-mounts.ts';
import { compileAffinity, compileMemoryPolicy, compileScheduling, resetAffinity, type MemoryPolicy, type Personality } from './compile/scheduling.ts';
import { compileConfinement, compileLimits, compileUser, type SeccompProgram } from './compile/security.ts';
import { compileShim, compileStdio } from './compile/shim.ts';
import { refuseUnsupported } from './compile/unsupported.ts';
import { validateNetDevices, validateProcess, validateSpec } from './compile/validate.ts';
import type { StdioOptions } from './port.ts';

/** How an ordinary user's id maps are written (user_namespaces(7)). */
export type Rootless =
  /** newuidmap and newgidmap; undefined writes the user's own ids alone, after which no groups can be set. */
  | { readonly joined: false; readonly mappers: { readonly uid: string; readonly gid: string } | undefined }
  /** The user namespace is another container's, which has its maps. */
  | { readonly joined: true; readonly groupsDenied: boolean };

export interface CreateInput {
  readonly id: string;
  /** What the shim shows in its argv. */
  readonly label: string;
  readonly spec: OciSpec;
  /** Absolute path of the root file system. */
  readonly root: string;
  readonly rootfs: readonly RootMount[];
  /** The bundle's directory, for who reads the state. */
  readonly bundle: string;
  /**
   * Moves the root instead of pivoting, for a host whose own root is a ramdisk. The host's mounts stay below: those of /proc and
   * /sys that are named here go first, so that nobody inside mounts his own by their leave.
   */
  readonly noPivot: readonly string[] | undefined;
  readonly stdio: StdioOptions;
  readonly init: boolean;
  readonly seccomp: SeccompProgram | undefined;
  readonly modules: SecurityModules;
  readonly cgroup: CgroupPlacement;
  /** Made by an ordinary user, who has no rights but those of his new user namespace. */
  readonly rootless?: Rootless | undefined;
  /** Its user namespace forbids setgroups. */
  readonly groupsDenied?: boolean;
  /** What a seed has done already (seedPlan), 0 without one. */
  readonly seeded: number;
  /** For a command line, whose containers no shim of ours holds. */
  readonly direct?: DirectLaunch;
}

/** A mode of `pivot`: in the host's mount namespace nothing may take the place of its root. */
const ONLY_CHROOT = 2;
const PRIVATES = 0x44000; // MS_PRIVATE | MS_REC

/** The plan that makes a container and leaves its first process waiting to be started. Throws InvalidArgument, NotImplemented. */
export function compileCreate(input: CreateInput): LaunchPlan {
  const { spec, id } = input;
  validateSpec(spec);
  refuseInHostsMounts(spec, input.direct !== undefined);
  refuseUnsupported(spec);
  validateNetDevices(spec, input.rootless !== undefined);
  refuseFalseProc(spec);
  const process = processOf(spec);
  refuseLabels(process, input.modules);
  refuseMountLabel(spec, input.modules);
  const listener = compileListener(spec, id, input.bundle);
  return [
    ...compileShim(input),
    ...(listener ? [listener] : []),
    { op: 'stage' },
    ...compileStage(input, process),
    ...compileRootfs(input),
    ...compileDevices(spec),
    { op: 'directory', path: posix.resolve('/', process.cwd), mode: 0o755 },
    ...compileNames(spec),
    ...(input.stdio.terminal ? [consoleOf(process, true, input.direct)] : []),
    ...(waitsForHost(spec) ? [{ op: 'host-hooks' } as const] : []),
    ...compileHooks(spec, 'createContainer', { id, bundle: input.bundle, status: 'creating' }),
    ...compileLabels(process, input.modules),
    { op: 'pivot', mode: ownsMounts(spec) ? Number(input.noPivot !== undefined) : ONLY_CHROOT, revealing: input.noPivot ?? [] },
    ...compileNullStdio(input),
    ...compileRootPropagation(spec),
    ...compileReadonlyMounts(spec),
    ...compileRootAttributes(spec),
    ...compileReadonlyPaths(spec),
    ...compileMasks(spec),
    ...(hasHostSide(input) ? [] : compileLimits(process)),
    ...compileScheduling(process, spec.linux?.personality),
    ...compileMemoryPolicy(spec.linux?.memoryPolicy),
    directoryOf(process, 1),
    ...compileUser(process, !input.direct, input.groupsDenied),
    ...compileProgram(process, { seccomp: input.seccomp, listened: spec.linux?.seccomp?.listenerPath !== undefined, wait: input.direct ? 2 : 1, flags: input.init ? ExecFlag.init : 0, hooks: compileHooks(spec, 'startContainer', { id, bundle: input.bundle, status: 'created' }) }),
  ];
}

function processOf(spec: OciSpec): OciProcess {
  if (!spec.process) throw new InvalidArgument('process property must not be empty');
  return spec.process;
}

/** Cgroups, namespaces that exist, then the clone into the new ones. */
function compileStage(input: CreateInput, process: OciProcess): Operation[] {
  const { spec, cgroup, seeded, direct } = input;
  const namespaces = compileNamespaces(spec, seeded, { groupsDenied: input.groupsDenied, ordinary: input.rootless !== undefined });
  return [
    ...compileMapper(spec, input.rootless !== undefined),
    ...(direct ? [{ op: 'fifo', path: direct.fifo } as const] : []),
    ...enterCgroup(cgroup, process, seeded !== 0),
    ...(hasHostSide(input) ? compileHostSide(input, process) : takesEarly(spec) ? mountsOf(input).take : []),
    ...namespaces.before,
    ...compileClone(cgroup.late ? { ...namespaces.clone, types: namespaces.clone.types & ~cloneFlags.cgroup } : namespaces.clone, input.rootless),
    ...placedLate(cgroup),
    resetAffinity,
    ...(cgroup.late && namespaces.clone.types & cloneFlags.cgroup ? [{ op: 'unshare', types: cloneFlags.cgroup } as const] : []),
    ...namespaces.after,
    ...(direct?.keepKeyring ? [] : [...compileKeyLabel(process), sessionKeyring(input.id)]),
  ];
}

/** True when the container's user namespace is made out of the host's, whose rights some steps need. */
function hasHostSide({ spec, rootless }: CreateInput): boolean {
  return compileNamespaces(spec, 0).user && !rootless;
}

function compileClone(clone: NamespacePlan['clone'], rootless: Rootless | undefined): Operation[] {
  if (!rootless || rootless.joined) return [clone];
  const oneLine = (map: string) => map.trim().replaceAll('\n', ' '); // as newuidmap's arguments
  if (rootless.mappers) return [{ op: 'mappers', ...rootless.mappers }, { ...clone, uidMap: oneLine(clone.uidMap), gidMap: oneLine(clone.gidMap) }];
  return [{ ...clone, denySetgroups: 1 }];
}

/** Before a user namespace: what needs the host's rights, in a mount namespace that the container's will be a copy of. */
function compileHostSide(input: CreateInput, process: OciProcess): Operation[] {
  const { spec, root, rootfs } = input;
  const [propagation, { take }] = [compilePropagation(spec), mountsOf(input)];
  return [
    { op: 'unshare', types: cloneFlags.mount },
    ...(takesEarly(spec) ? [...take, propagation] : [propagation, ...take]),
    ...compileRootMounts(root, rootfs, spec.linux?.mountLabel),
    ...compileLimits(process),
  ];
}

/** Root file system and mounts, in the container's own mount namespace. */
function compileRootfs(input: CreateInput): Operation[] {
  const { spec, root, rootfs } = input;
  const { place } = mountsOf(input);
  if (!ownsMounts(spec)) return [...compileRootMounts(root, rootfs), { op: 'propagation', path: root, flags: PRIVATES }, { op: 'root', path: root }, ...place];
  const user = hasHostSide(input);
  /* What was copied from the host's side is locked: only a fresh bind of it can become the root. */
  const rootMounts = user ? [rebind(root)] : compileRootMounts(root, rootfs, spec.linux?.mountLabel);
  return [compilePropagation(spec), ...rootMounts, { op: 'root', path: root }, ...place];
}

function mountsOf(input: CreateInput): CompiledMounts {
  const { spec, root, cgroup } = input;
  return compileMounts(spec, cgroup.view, { root, ahead: hasHostSide(input) || takesEarly(spec) });
}

function compileNames(spec: OciSpec): Operation[] {
  const plan: Operation[] = [];
  if (spec.hostname) plan.push({ op: 'hostname', name: spec.hostname });
  if (spec.domainname) plan.push({ op: 'domainname', name: spec.domainname });
  for (const [name, value] of Object.entries(spec.linux?.sysctl ?? {})) plan.push({ op: 'proc-write', path: `sys/${name.replaceAll('.', '/')}`, value });
  return plan;
}

/** In runC's foreground a terminal leaves newlines as they are: what reads it there is no terminal's driver. */
function consoleOf(process: OciProcess, bind: boolean, direct: { readonly consoleSocket: string | undefined } | undefined): Operation {
  const { height = 0, width = 0 } = process.consoleSize ?? {};
  return { op: 'console', rows: height, columns: width, flags: (bind ? ConsoleFlag.bind : 0) | (direct && !direct.consoleSocket ? ConsoleFlag.plain : 0), owner: process.user.uid };
}

/** A terminal is the container's own. Where /dev is somebody else's, there may be no null device. */
function compileNullStdio({ spec, stdio }: CreateInput): Operation[] {
  return stdio.terminal || !makesDevices(spec) ? [] : [{ op: 'null-stdio' }];
}

function compileRootAttributes(spec: OciSpec): Operation[] {
  return spec.root?.readonly ? [{ op: 'attributes', path: '/', set: 1n, propagation: 0, recursive: 0 }] : [];
}

function compileReadonlyPaths({ linux }: OciSpec): Operation[] {
  return linux?.readonlyPaths?.length ? [{ op: 'readonly', paths: linux.readonlyPaths }] : [];
}

function compileMasks({ linux }: OciSpec): Operation[] {
  return linux?.maskedPaths?.length ? [{ op: 'mask', paths: linux.maskedPaths, options: contextOf(linux.mountLabel) }] : [];
}

/** `early`: with the rights that the user loses then; what those do not open may be open to him. */
function directoryOf({ cwd }: OciProcess, early: 0 | 1): Operation {
  return { op: 'directory-change', path: posix.resolve('/', cwd), early };
}

interface ProgramOptions {
  readonly seccomp: SeccompProgram | undefined;
  /** Somebody hears of what the filter hands over. */
  readonly listened: boolean;
  /** A first process waits to be started, by the shim (1) or a fifo (2); an exec does not. */
  readonly wait: 0 | 1 | 2;
  readonly flags: number;
  readonly hooks: readonly Operation[];
}

/**
 * From the user's own directory to the program. The filter comes last, so that little must be allowed by it; before the
 * wait where a listener is to be passed on, because afterwards there may be nobody left to do that.
 */
function compileProgram(process: OciProcess, { seccomp, listened, wait, flags, hooks }: ProgramOptions): Operation[] {
  const confinement = compileConfinement(process, seccomp);
  const ready: Operation = { op: 'ready', wait };
  return [
    directoryOf(process, 0),
    { op: 'command', arguments: process.args ?? [], environment: process.env ?? [] },
    { op: 'lookup' },
    ...(listened ? [...confinement, ready] : [ready, ...confinement]),
    ...hooks,
    { op: 'exec', flags },
  ];
}

export interface ExecInput {
  /** The container's: its session keyring bears it. */
  readonly id: string;
  /** Where the seccomp listener goes, as the container's own plan had it. */
  readonly listener: Operation | undefined;
  readonly process: OciProcess;
  readonly stdio: StdioOptions;
  readonly seccomp: SeccompProgram | undefined;
  readonly modules: SecurityModules;
  readonly cgroup: CgroupPlacement;
  /** CLONE_NEW* of the namespaces that the container does not share with the host. */
  readonly namespaces: number;
  /** The container's, which all its processes have. */
  readonly memoryPolicy: MemoryPolicy | undefined;
  /** The same. */
  readonly personality?: Personality | undefined;
  /** A seed that sits in the cgroup already executes it. */
  readonly seeded: boolean;
  /** The container's user namespace forbids setgroups. */
  readonly groupsDenied?: boolean;
  /** For a command line, where no shim holds the container. */
  readonly direct?: DirectExec;
}

/** The plan that runs one more process in a container. */
export function compileExec(input: ExecInput): LaunchPlan {
  const { process, cgroup, direct } = input;
  validateProcess(process);
  refuseLabels(process, input.modules);
  return [
    ...compileStdio(input.stdio, direct, input.stdio.detached ? 0 : StdioFlag.hold),
    ...(input.listener ? [input.listener] : []),
    { op: 'stage' },
    ...(direct ? [{ op: 'task', pid: direct.pid } as const] : []),
    ...compileAffinity(process.execCPUAffinity?.initial),
    ...enterCgroup(cgroup, process, input.seeded),
    ...compileLabels(process, input.modules),
    ...(direct?.keepKeyring ? [] : compileKeyLabel(process)),
    ...joinTask(input.namespaces & ~cloneFlags.cgroup),
    { op: 'clone', types: 0, uidMap: '', gidMap: '', denySetgroups: 0 },
    ...placedLate(cgroup),
    ...(process.execCPUAffinity?.initial || process.execCPUAffinity?.final ? [] : [resetAffinity]),
    /* Only now: from inside a cgroup namespace the kernel lets nobody in whose own cgroup lies outside it. */
    ...joinTask(input.namespaces & cloneFlags.cgroup),
    ...(direct?.keepKeyring ? [] : [sessionKeyring(input.id)]),
    ...rootOfExec(input),
    ...(input.stdio.terminal ? [consoleOf(process, false, direct)] : []),
    ...compileLimits(process),
    ...compileScheduling(process, input.personality),
    ...compileMemoryPolicy(input.memoryPolicy),
    ...compileAffinity(process.execCPUAffinity?.final),
    directoryOf(process, 1),
    ...compileUser(process, !direct, input.groupsDenied),
    ...compileProgram(process, { seccomp: input.seccomp, listened: input.listener !== undefined, wait: 0, flags: ExecFlag.tell, hooks: [] }),
  ];
}

/** With the container's mount namespace its root has been entered; where that is the host's, its first process tells the root. */
function rootOfExec({ direct, namespaces }: ExecInput): Operation[] {
  if (!direct || namespaces & cloneFlags.mount) return [{ op: 'root', path: '/' }];
  return [{ op: 'root', path: `/proc/${direct.pid}/root` }, { op: 'pivot', mode: ONLY_CHROOT, revealing: [] }];
}

function joinTask(types: number): Operation[] {
  return types ? [{ op: 'join-task', types }] : [];
}
