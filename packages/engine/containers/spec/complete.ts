/**
 * Fills in what a client left out: every field of `Config` and `HostConfig` gets the value that dockerd stores, so
 * that the rest of the engine and inspect work on complete documents. What the client sent is kept as it is.
 */
import { defaultShmSize, maskedPaths, readonlyPaths, type ContainerConfig, type Healthcheck, type HostConfig } from '#spec';
import { networkOf } from './modes.ts';

/** The name under which clients know the built-in runtime; `runc`, since it does the same and scripts ask for it. */
export const defaultRuntime = 'runc';

export function completeConfig(config: Partial<ContainerConfig>): ContainerConfig {
  const { ExposedPorts, Healthcheck, StopSignal, StopTimeout, Shell, MacAddress, NetworkDisabled, ArgsEscaped } = config;
  return {
    Hostname: config.Hostname ?? '',
    Domainname: config.Domainname ?? '',
    User: config.User ?? '',
    AttachStdin: config.AttachStdin ?? false,
    AttachStdout: config.AttachStdout ?? false,
    AttachStderr: config.AttachStderr ?? false,
    ...(ExposedPorts && Object.keys(ExposedPorts).length > 0 && { ExposedPorts }),
    Tty: config.Tty ?? false,
    OpenStdin: config.OpenStdin ?? false,
    StdinOnce: config.StdinOnce ?? false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(Healthcheck && { Healthcheck: withoutZeros(Healthcheck) }),
    ...(ArgsEscaped && { ArgsEscaped }),
    Image: config.Image ?? '',
    Volumes: config.Volumes && Object.keys(config.Volumes).length > 0 ? config.Volumes : null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    ...(NetworkDisabled && { NetworkDisabled }),
    ...(MacAddress && { MacAddress }),
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? {},
    ...(StopSignal && { StopSignal }),
    ...(StopTimeout !== undefined && StopTimeout !== null && { StopTimeout }),
    ...(Shell && Shell.length > 0 && { Shell }),
  };
}

/** What is zero takes its default, and is not shown. */
function withoutZeros(health: Healthcheck): Healthcheck {
  return Object.fromEntries(Object.entries(health).filter(([, value]) => value !== 0 && value !== null && !(Array.isArray(value) && value.length === 0)));
}

/** `cgroupVersion` decides the default cgroup namespace: the host's on v1, an own one on v2. */
export function completeHostConfig(given: Partial<HostConfig>, cgroupVersion: 1 | 2): HostConfig {
  const { KernelMemoryTCP, Mounts, ...complete } = { ...emptyHostConfig, ...withoutNulls(given) };
  for (const name of shownWhenSet) if (isEmpty(complete[name])) delete complete[name];
  const [rows = 0, columns = 0] = complete.ConsoleSize;
  const memorySwap = complete.Memory > 0 && complete.MemorySwap === 0 ? complete.Memory * 2 : complete.MemorySwap;
  return {
    ...complete,
    ...nullable(given),
    ...(KernelMemoryTCP && { KernelMemoryTCP }),
    LogConfig: { Type: complete.LogConfig.Type || 'json-file', Config: complete.LogConfig.Config ?? {} },
    NetworkMode: networkOf(complete.NetworkMode),
    RestartPolicy: { Name: complete.RestartPolicy.Name || 'no', MaximumRetryCount: complete.RestartPolicy.MaximumRetryCount ?? 0 },
    CgroupnsMode: complete.CgroupnsMode || (cgroupVersion === 1 || complete.Privileged ? 'host' : 'private'),
    IpcMode: complete.IpcMode || 'private',
    ...(Mounts && Mounts.length > 0 && { Mounts: Mounts.map(terse) }),
    ConsoleSize: [rows, columns],
    MemorySwap: memorySwap,
    MemorySwappiness: complete.MemorySwappiness === -1 ? null : complete.MemorySwappiness,
    OomKillDisable: complete.OomKillDisable ?? false,
    PidsLimit: (complete.PidsLimit ?? 0) > 0 ? complete.PidsLimit : null,
    ShmSize: complete.ShmSize || defaultShmSize,
    Runtime: complete.Runtime || defaultRuntime,
    MaskedPaths: given.MaskedPaths ?? (complete.Privileged ? null : [...maskedPaths]),
    ReadonlyPaths: given.ReadonlyPaths ?? (complete.Privileged ? null : [...readonlyPaths]),
  };
}

/** Maps that are left out while nothing is in them. */
const shownWhenSet = ['Annotations', 'StorageOpt', 'Tmpfs', 'Sysctls'] as const;

/** As dockerd stores it: what is empty is left out, but not the options of its type. */
export function terse<T extends object>(given: T): T {
  const kept = Object.entries(given).flatMap(([name, value]: [string, unknown]) => {
    const inner = typeof value === 'object' && value !== null && /Options$|^DriverConfig$/.test(name) && name !== 'Options' ? terse(value) : value;
    return inner !== value || !isEmpty(value) ? [[name, inner] as const] : [];
  });
  return Object.fromEntries(kept) as T;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Lists that a client sent empty stay empty, those it sent as null stay null: inspect shows the difference. */
function nullable(given: Partial<HostConfig>): Partial<HostConfig> {
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => Array.isArray(value) && name !== 'Mounts'));
}

function withoutNulls(given: Partial<HostConfig>): Partial<HostConfig> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
}

const emptyHostConfig: HostConfig = {
  Binds: null,
  ContainerIDFile: '',
  LogConfig: { Type: '', Config: {} },
  NetworkMode: '',
  PortBindings: null,
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: '',
  VolumesFrom: null,
  ConsoleSize: [0, 0],
  CapAdd: null,
  CapDrop: null,
  CgroupnsMode: '',
  Dns: null,
  DnsOptions: null,
  DnsSearch: null,
  ExtraHosts: null,
  GroupAdd: null,
  IpcMode: '',
  Cgroup: '',
  Links: null,
  OomScoreAdj: 0,
  PidMode: '',
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  UTSMode: '',
  UsernsMode: '',
  ShmSize: 0,
  Runtime: '',
  Isolation: '',
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: '',
  BlkioWeight: 0,
  BlkioWeightDevice: null,
  BlkioDeviceReadBps: null,
  BlkioDeviceWriteBps: null,
  BlkioDeviceReadIOps: null,
  BlkioDeviceWriteIOps: null,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: '',
  CpusetMems: '',
  Devices: null,
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: false,
  PidsLimit: null,
  Ulimits: null,
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
  MaskedPaths: null,
  ReadonlyPaths: null,
};
