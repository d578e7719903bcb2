/** The shapes of the bodies that make and change containers. */
import type { Healthcheck } from '../oci-image.ts';
import type { ContainerConfig, CreateContainerBody } from './container-config.ts';
import { object, whole, type Fields, type Shape } from './decode.ts';
import type { HostConfig, LogConfig, MountRequest, Resources, RestartPolicy, Ulimit } from './host-config.ts';
import { endpointSettings } from './network-shapes.ts';

const strings: Shape = { list: 'string' };
const stringMap: Shape = { map: 'string' };
/** Go's set: names, each with an empty object. */
const names: Shape = { map: object<object>('struct {}', {}) };

const healthcheck = object<Healthcheck>('HealthConfig', {
  Test: strings, Interval: 'integer', Timeout: 'integer', StartPeriod: 'integer', StartInterval: 'integer', Retries: 'integer',
});

const configFields: Fields<ContainerConfig> = {
  Hostname: 'string', Domainname: 'string', User: 'string', AttachStdin: 'boolean', AttachStdout: 'boolean', AttachStderr: 'boolean',
  ExposedPorts: names, Tty: 'boolean', OpenStdin: 'boolean', StdinOnce: 'boolean', Env: strings, Cmd: 'words', Healthcheck: healthcheck,
  ArgsEscaped: 'boolean', Image: 'string', Volumes: names, WorkingDir: 'string', Entrypoint: 'words', NetworkDisabled: 'boolean',
  MacAddress: 'string', OnBuild: strings, Labels: stringMap, StopSignal: 'string', StopTimeout: 'integer', Shell: 'words',
};

const weights: Shape = { list: whole('WeightDevice', { Path: 'string', Weight: 'uint16' }) };
const throttles: Shape = { list: whole('ThrottleDevice', { Path: 'string', Rate: 'uint' }) };

/** Also the `ulimits` parameter of a build. */
export const ulimits: Shape = { list: whole<Ulimit>('Ulimit', { Name: 'string', Hard: 'integer', Soft: 'integer' }) };

const resourceFields: Fields<Resources> = {
  CpuShares: 'integer', Memory: 'integer', NanoCpus: 'integer', CgroupParent: 'string', BlkioWeight: 'uint16', BlkioWeightDevice: weights,
  BlkioDeviceReadBps: throttles, BlkioDeviceWriteBps: throttles, BlkioDeviceReadIOps: throttles, BlkioDeviceWriteIOps: throttles,
  CpuPeriod: 'integer', CpuQuota: 'integer', CpuRealtimePeriod: 'integer', CpuRealtimeRuntime: 'integer', CpusetCpus: 'string',
  CpusetMems: 'string', DeviceCgroupRules: strings, KernelMemoryTCP: 'integer', MemoryReservation: 'integer', MemorySwap: 'integer', MemorySwappiness: 'integer',
  Devices: { list: whole('DeviceMapping', { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' }) },
  DeviceRequests: {
    list: whole('DeviceRequest', { Driver: 'string', Count: 'integer', DeviceIDs: strings, Capabilities: { list: strings }, Options: stringMap }),
  },
  OomKillDisable: 'boolean', PidsLimit: 'integer', Ulimits: ulimits,
  CpuCount: 'integer', CpuPercent: 'integer', IOMaximumIOps: 'uint', IOMaximumBandwidth: 'uint',
};

const mount = object<MountRequest>('Mount', {
  Type: 'string', Source: 'string', Target: 'string', ReadOnly: 'boolean', Consistency: 'string',
  BindOptions: object('BindOptions', {
    Propagation: 'string', NonRecursive: 'boolean', CreateMountpoint: 'boolean', ReadOnlyNonRecursive: 'boolean', ReadOnlyForceRecursive: 'boolean',
  }),
  VolumeOptions: object('VolumeOptions', {
    NoCopy: 'boolean', Labels: stringMap, Subpath: 'string', DriverConfig: object('Driver', { Name: 'string', Options: stringMap }),
  }),
  TmpfsOptions: object('TmpfsOptions', { SizeBytes: 'integer', Mode: 'uint', Options: { list: strings } }),
  ImageOptions: object('ImageOptions', { Subpath: 'string' }),
});

const restartPolicy = whole<RestartPolicy>('RestartPolicy', { Name: 'string', MaximumRetryCount: 'integer' });

const hostConfig = object<HostConfig>('HostConfig', {
  ...resourceFields,
  Binds: strings, ContainerIDFile: 'string', LogConfig: whole<LogConfig>('LogConfig', { Type: 'string', Config: stringMap }),
  NetworkMode: 'string', PortBindings: { map: { list: whole('PortBinding', { HostIp: 'string', HostPort: 'string' }) } },
  RestartPolicy: restartPolicy, AutoRemove: 'boolean', VolumeDriver: 'string', VolumesFrom: strings, ConsoleSize: { list: 'uint' },
  Annotations: stringMap, CapAdd: 'words', CapDrop: 'words', CgroupnsMode: 'string', Dns: strings, DnsOptions: strings, DnsSearch: strings,
  ExtraHosts: strings, GroupAdd: strings, IpcMode: 'string', Cgroup: 'string', Links: strings, OomScoreAdj: 'integer', PidMode: 'string',
  Privileged: 'boolean', PublishAllPorts: 'boolean', ReadonlyRootfs: 'boolean', SecurityOpt: strings, StorageOpt: stringMap, Tmpfs: stringMap,
  UTSMode: 'string', UsernsMode: 'string', ShmSize: 'integer', Sysctls: stringMap, Runtime: 'string', Isolation: 'string',
  Mounts: { list: mount }, MaskedPaths: strings, ReadonlyPaths: strings, Init: 'boolean',
});

/** A container's configuration alone: the body of `POST /commit`. */
export const containerConfig = object<Partial<ContainerConfig>>('Config', configFields);

/** `POST /containers/create`. */
export const createContainerBody = object<CreateContainerBody>('CreateRequest', {
  ...configFields,
  Memory: 'integer', MemorySwap: 'integer', CpuShares: 'integer', CpusetCpus: 'string', Cpuset: 'string', VolumeDriver: 'string',
  HostConfig: hostConfig,
  NetworkingConfig: object('NetworkingConfig', { EndpointsConfig: { map: endpointSettings } }),
});

/** `POST /containers/{id}/update`. */
export const updateContainerBody = object<Partial<Resources> & { RestartPolicy?: RestartPolicy }>('UpdateConfig', {
  ...resourceFields,
  RestartPolicy: restartPolicy,
});

/** `POST /containers/{id}/checkpoints`. */
export const createCheckpointBody = object<{ CheckpointID?: string; CheckpointDir?: string; Exit?: boolean }>('CreateOptions', { CheckpointID: 'string', CheckpointDir: 'string', Exit: 'boolean' });
