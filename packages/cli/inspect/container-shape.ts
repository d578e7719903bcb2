/** `container.InspectResponse`. */
import { any, duration, empty, flag, listOf, mapOf, number, pointer, struct, text, time } from './shape.ts';

const port = struct('nat.PortBinding', { 'HostIP/HostIp': text, HostPort: text });
const ports = mapOf(listOf(port));

const healthcheck = struct('v1.HealthcheckConfig', { Test: listOf(text), Interval: duration, Timeout: duration, StartPeriod: duration, StartInterval: duration, Retries: number });

const config = struct('container.Config', {
  Hostname: text, Domainname: text, User: text, AttachStdin: flag, AttachStdout: flag, AttachStderr: flag, ExposedPorts: mapOf(empty), Tty: flag, OpenStdin: flag, StdinOnce: flag,
  Env: listOf(text), Cmd: listOf(text), Healthcheck: pointer(healthcheck), ArgsEscaped: flag, Image: text, Volumes: mapOf(empty), WorkingDir: text, Entrypoint: listOf(text),
  NetworkDisabled: flag, MacAddress: text, OnBuild: listOf(text), Labels: mapOf(text), StopSignal: text, StopTimeout: pointer(number, '*int'), Shell: listOf(text),
});

const probe = struct('container.HealthcheckResult', { Start: time, End: time, ExitCode: number, Output: text });
const health = struct('container.Health', { Status: text, FailingStreak: number, Log: listOf(probe) });

const state = struct('container.State', {
  Status: text, Running: flag, Paused: flag, Restarting: flag, OOMKilled: flag, Dead: flag, Pid: number, ExitCode: number, Error: text, StartedAt: text, FinishedAt: text, Health: pointer(health),
});

const weightDevice = struct('blkiodev.WeightDevice', { Path: text, Weight: number });
const throttleDevice = struct('blkiodev.ThrottleDevice', { Path: text, Rate: number });
const device = struct('container.DeviceMapping', { PathOnHost: text, PathInContainer: text, CgroupPermissions: text });
const deviceRequest = struct('container.DeviceRequest', { Driver: text, Count: number, DeviceIDs: listOf(text), Capabilities: listOf(listOf(text)), Options: mapOf(text) });
const ulimit = struct('units.Ulimit', { Name: text, Hard: number, Soft: number });
const restart = struct('container.RestartPolicy', { Name: text, MaximumRetryCount: number });
const logging = struct('container.LogConfig', { Type: text, Config: mapOf(text) });

const host = struct('container.HostConfig', {
  Binds: listOf(text), ContainerIDFile: text, LogConfig: logging, NetworkMode: text, PortBindings: ports, RestartPolicy: restart, AutoRemove: flag, VolumeDriver: text, VolumesFrom: listOf(text),
  ConsoleSize: listOf(number), Annotations: mapOf(text), CapAdd: listOf(text), CapDrop: listOf(text), CgroupnsMode: text, 'DNS/Dns': listOf(text), 'DNSOptions/DnsOptions': listOf(text), 'DNSSearch/DnsSearch': listOf(text),
  ExtraHosts: listOf(text), GroupAdd: listOf(text), IpcMode: text, Cgroup: text, Links: listOf(text), OomScoreAdj: number, PidMode: text, Privileged: flag, PublishAllPorts: flag, ReadonlyRootfs: flag,
  SecurityOpt: listOf(text), StorageOpt: mapOf(text), Tmpfs: mapOf(text), UTSMode: text, UsernsMode: text, ShmSize: number, Sysctls: mapOf(text), Runtime: text, Isolation: text,
  'CPUShares/CpuShares': number, Memory: number, 'NanoCPUs/NanoCpus': number, CgroupParent: text, BlkioWeight: number, BlkioWeightDevice: listOf(weightDevice),
  BlkioDeviceReadBps: listOf(throttleDevice), BlkioDeviceWriteBps: listOf(throttleDevice), BlkioDeviceReadIOps: listOf(throttleDevice), BlkioDeviceWriteIOps: listOf(throttleDevice),
  'CPUPeriod/CpuPeriod': number, 'CPUQuota/CpuQuota': number, 'CPURealtimePeriod/CpuRealtimePeriod': number, 'CPURealtimeRuntime/CpuRealtimeRuntime': number, CpusetCpus: text, CpusetMems: text,
  Devices: listOf(device), DeviceCgroupRules: listOf(text), DeviceRequests: listOf(deviceRequest), KernelMemory: number, MemoryReservation: number, MemorySwap: number, MemorySwappiness: pointer(number),
  OomKillDisable: pointer(flag, '*bool'), PidsLimit: pointer(number), Ulimits: listOf(ulimit), 'CPUCount/CpuCount': number, 'CPUPercent/CpuPercent': number, IOMaximumIOps: number, IOMaximumBandwidth: number,
  Mounts: listOf(any), MaskedPaths: listOf(text), ReadonlyPaths: listOf(text), Init: pointer(flag, '*bool'),
});

const mount = struct('container.MountPoint', { Type: text, Name: text, Source: text, Destination: text, Driver: text, Mode: text, RW: flag, Propagation: text });

/** One network that a container is on. */
const ipam = struct('network.EndpointIPAMConfig', { IPv4Address: text, IPv6Address: text, LinkLocalIPs: listOf(text) });
const endpoint = struct('network.EndpointSettings', {
  IPAMConfig: pointer(ipam), Links: listOf(text), Aliases: listOf(text), MacAddress: text, DriverOpts: mapOf(text), GwPriority: number, NetworkID: text, EndpointID: text, Gateway: text, IPAddress: text,
  IPPrefixLen: number, IPv6Gateway: text, GlobalIPv6Address: text, GlobalIPv6PrefixLen: number, DNSNames: listOf(text),
});

const networks = struct('container.NetworkSettings', {
  Bridge: text, SandboxID: text, SandboxKey: text, Ports: ports, HairpinMode: flag, LinkLocalIPv6Address: text, LinkLocalIPv6PrefixLen: number, SecondaryIPAddresses: listOf(any), SecondaryIPv6Addresses: listOf(any),
  EndpointID: text, Gateway: text, GlobalIPv6Address: text, GlobalIPv6PrefixLen: number, IPAddress: text, IPPrefixLen: number, IPv6Gateway: text, MacAddress: text, Networks: mapOf(endpoint),
});

const driver = struct('storage.DriverData', { Data: mapOf(text), Name: text });

export const containerShape = struct('container.InspectResponse', {
  'ID/Id': text, Created: text, Path: text, Args: listOf(text), State: pointer(state), Image: text, ResolvConfPath: text, HostnamePath: text, HostsPath: text, LogPath: text, Name: text, RestartCount: number,
  Driver: text, Platform: text, MountLabel: text, ProcessLabel: text, AppArmorProfile: text, ExecIDs: listOf(text), HostConfig: pointer(host), GraphDriver: driver, SizeRw: pointer(number), SizeRootFs: pointer(number),
  Mounts: listOf(mount), Config: pointer(config), NetworkSettings: pointer(networks),
});
