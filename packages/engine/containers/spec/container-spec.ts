/** A record as the supervisor's spec: once at create, and again in part at each start, when host and networks are asked. */
import { join } from 'node:path';
import { parseCapability, parseSignal, type Ulimit } from '#spec';
import { deviceAt, type ContainerSpec, type NamespaceMode, type StartOptions } from '#supervisor';
import type { ContainerRecord, ContainerStore } from '../store.ts';
import type { DeviceEdits } from '../cdi/inject.ts';
import { withDefaultUlimits } from '../../daemon/container-defaults.ts';
import { otherRuntime } from '../../daemon/runtimes.ts';
import { layerSize } from '../../daemon/storage-options.ts';
import { devicesOf } from './devices.ts';
import { environmentOf, overlayEnvironment } from './environment.ts';
import { containerOfMode } from './modes.ts';
import { networkSeat, type SeatContext } from './network-seat.ts';
import type { ImageMountContext } from './image-mount.ts';
import { ociMounts } from './oci-mounts.ts';
import { ociResources } from './resources.ts';
import { parseSecurityOptions } from './security.ts';
import { rlimitsOf } from './ulimits.ts';
import { parseLogLimits } from './validate-host-config.ts';
import type { ChainId } from '#snapshots';
import type { Volumes } from '#volumes';
import { requireSlice } from '../../daemon/values.ts';
import { splitSysctls } from './sysctls.ts';
import { InvalidArgument } from '#base';

/** Seconds before SIGKILL, unless the container or the caller says otherwise. */
const defaultStopTimeout = 10;

export interface SpecContext {
  readonly directory: string;
  readonly chainId: ChainId | undefined;
  readonly cgroupDriver: 'cgroupfs' | 'systemd';
  readonly cgroupParent: string;
  /** The daemon's own init, in place of the built-in one; '' is none. */
  readonly initPath: string;
  /** Of containers that do not say whether they want an init. */
  readonly init: boolean;
  /** The daemon's limit for layers: see EngineConfig. */
  readonly containerSize: number;
  /** The daemon remaps ids. */
  readonly remaps: boolean;
  readonly containers: Pick<ContainerStore, 'find'>;
  /** Of containers that name no profile: undefined is the built-in one, null unconfined. */
  readonly seccomp: ContainerSpec['security']['seccomp'];
}

/** The images of image mounts stay, whoever removes them by force. */
function heldBy({ wantedMounts }: ContainerRecord): Pick<ContainerSpec, 'holds'> {
  const holds = wantedMounts.flatMap(({ image }) => image?.chainId ?? []);
  return holds.length > 0 ? { holds } : {};
}

/** Everything that is known when the container is made. */
export function containerSpec(record: ContainerRecord, context: SpecContext): ContainerSpec {
  const { config, hostConfig } = record;
  const size = layerSize(hostConfig.StorageOpt ?? {}, context.containerSize);
  return {
    id: record.id,
    owner: 'engine',
    chainId: context.chainId,
    ...heldBy(record),
    hostname: config.Hostname,
    domainname: config.Domainname,
    process: processOf(record, []),
    stdin: config.OpenStdin ? (config.StdinOnce ? 'once' : 'open') : 'closed',
    log: logOf(record, context.directory),
    init: (hostConfig.Init ?? context.init) && context.initPath === '',
    readonlyRoot: hostConfig.ReadonlyRootfs,
    mounts: [],
    namespaces: namespacesOf(record, context),
    security: securityOf(record, context),
    devices: [],
    deviceRules: [],
    resources: ociResources(hostConfig, numbersOf),
    cgroupParent: hostConfig.CgroupParent ? requireSlice(context.cgroupDriver, hostConfig.CgroupParent) : context.cgroupParent,
    sysctl: splitSysctls(record).early,
    shmSize: hostConfig.ShmSize,
    sharedMemory: hostConfig.IpcMode === 'shareable' || hostConfig.IpcMode === 'none' ? hostConfig.IpcMode : 'private',
    network: { mode: 'own', endpoints: [], dns: { servers: [], search: [], options: [] }, extraHosts: [] },
    stopSignal: parseSignal(config.StopSignal ?? 'SIGTERM'),
    stopTimeout: config.StopTimeout ?? defaultStopTimeout,
    labels: config.Labels,
    disposable: hostConfig.AutoRemove,
    ...(size !== undefined && { size }),
    ...(otherRuntime(hostConfig.Runtime) && { runtime: hostConfig.Runtime }),
    ...(hostConfig.Annotations && { annotations: hostConfig.Annotations }),
  };
}

interface StartContext extends SeatContext, ImageMountContext, Pick<SpecContext, 'init' | 'initPath' | 'seccomp'> {
  readonly defaultUlimits: readonly Ulimit[];
  readonly volumes: Pick<Volumes, 'mount'>;
  readonly linkedEnv: readonly string[];
  readonly edits: DeviceEdits;
}

/** What each start asks anew: endpoints, devices, mounts, links, what the daemon says of today for those that say nothing. Throws as dockerd does at start. */
export function startChange(
  record: ContainerRecord,
  context: StartContext,
): NonNullable<StartOptions['change']> {
  const { devices, rules } = devicesOf(record.hostConfig);
  const { edits } = context;
  const wantsInit = record.hostConfig.Init ?? context.init;
  const init = wantsInit ? initMount(record, context.initPath) : [];
  const process = { ...processOf(record, context.linkedEnv), rlimits: rlimitsOf(withDefaultUlimits(record.hostConfig.Ulimits, context.defaultUlimits)) };
  return {
    hostname: record.config.Hostname,
    domainname: record.config.Domainname,
    network: networkSeat(record, context),
    sysctl: splitSysctls(record).early,
    devices: [...devices, ...edits.devices],
    deviceRules: [...rules, ...edits.rules],
    init: wantsInit && context.initPath === '',
    security: securityOf(record, context),
    mounts: [...ociMounts(record.wantedMounts, context.volumes, context), ...edits.mounts, ...init],
    hooks: edits.hooks,
    process: { ...process, args: init.length > 0 ? [initTarget, '--', ...process.args] : process.args, env: overlayEnvironment(process.env, edits.env), groups: [...process.groups, ...edits.groups] },
  };
}

const initTarget = '/sbin/docker-init';

/** Where the daemon was given an init (`--init-path`), a container that gets one and has processes of its own finds it there. */
function initMount({ hostConfig }: ContainerRecord, path: string): ContainerSpec['mounts'] {
  if (path === '' || hostConfig.PidMode !== '') return [];
  return [{ destination: initTarget, type: 'bind', source: path, options: ['bind', 'ro'] }];
}

function processOf(record: ContainerRecord, linkedEnv: readonly string[]): ContainerSpec['process'] {
  const { config, hostConfig } = record;
  const [rows, columns] = hostConfig.ConsoleSize;
  return {
    args: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: environmentOf(config, config.Hostname, linkedEnv),
    cwd: config.WorkingDir || '/',
    user: config.User,
    groups: hostConfig.GroupAdd ?? [],
    terminal: config.Tty,
    consoleSize: rows > 0 && columns > 0 ? { rows, columns } : undefined,
    rlimits: rlimitsOf(hostConfig.Ulimits ?? []),
    oomScoreAdj: hostConfig.OomScoreAdj,
  };
}

/** Where the shim writes; none for drivers that keep nothing. */
function logOf(record: ContainerRecord, directory: string): ContainerSpec['log'] {
  if (record.hostConfig.LogConfig.Type === 'none') return undefined;
  return { path: join(directory, `${record.id}-json.log`), ...parseLogLimits(record.hostConfig.LogConfig) };
}

function namespacesOf(record: ContainerRecord, { containers, remaps }: SpecContext): ContainerSpec['namespaces'] {
  const { PidMode, IpcMode, UTSMode, CgroupnsMode, UsernsMode } = record.hostConfig;
  const mode = (text: string): NamespaceMode => {
    const joined = containerOfMode(text);
    if (joined !== undefined) return { container: containers.find(joined).id };
    return text === 'host' ? 'host' : 'private';
  };
  return { pid: mode(PidMode), ipc: mode(IpcMode), uts: mode(UTSMode), cgroup: mode(CgroupnsMode), user: remaps && UsernsMode !== 'host' ? 'private' : 'host' };
}

function securityOf(record: ContainerRecord, context: Pick<SpecContext, 'seccomp'>): ContainerSpec['security'] {
  const { hostConfig } = record;
  const options = parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  return {
    privileged: hostConfig.Privileged,
    capAdd: (hostConfig.CapAdd ?? []).map((name) => parseCapability(name, 'CapAdd')),
    capDrop: (hostConfig.CapDrop ?? []).map((name) => parseCapability(name, 'CapDrop')),
    seccomp: options.seccomp === 'builtin' ? undefined : options.seccomp === undefined ? context.seccomp : options.seccomp,
    noNewPrivileges: options.noNewPrivileges,
    apparmor: options.apparmor,
    ...(record.labels && { selinux: record.labels }),
    maskedPaths: hostConfig.MaskedPaths ?? undefined,
    readonlyPaths: hostConfig.ReadonlyPaths ?? undefined,
    ...(options.writableCgroups !== undefined && { writableCgroups: options.writableCgroups }),
  };
}

function numbersOf(path: string): { major: number; minor: number } {
  const [device] = deviceAt(path);
  if (!device) throw new InvalidArgument(`stat ${path}: no such file or directory`);
  return { major: device.major ?? 0, minor: device.minor ?? 0 };
}
