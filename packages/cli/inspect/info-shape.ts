/** `system.Info`, which templates see with the client's half beside it. */
import { any, flag, listOf, mapOf, number, pointer, struct, text } from './shape.ts';

/** These two are written as maps, sorted. */
const index = struct('registry.IndexInfo', { Mirrors: listOf(text), Name: text, Official: flag, Secure: flag });

const registries = struct('registry.ServiceConfig', { IndexConfigs: mapOf(pointer(index)), InsecureRegistryCIDRs: listOf(text), Mirrors: listOf(text) });

const plugins = struct('system.PluginsInfo', { Volume: listOf(text), Network: listOf(text), Authorization: listOf(text), Log: listOf(text) });

const runtime = struct('system.RuntimeWithStatus', { 'Path/path': text, 'Args/runtimeArgs': listOf(text), 'Type/runtimeType': text, 'Options/options': mapOf(any), 'Status/status': mapOf(text) });

const swarm = struct('swarm.Info', {
  NodeID: text, NodeAddr: text, LocalNodeState: text, ControlAvailable: flag, Error: text, RemoteManagers: listOf(any), Nodes: number, Managers: number,
  Cluster: pointer(any, '*swarm.ClusterInfo'), Warnings: listOf(text),
});

const commit = struct('system.Commit', { ID: text, Expected: text });

const pool = struct('system.NetworkAddressPool', { Base: text, Size: number });

const containerd = struct('system.ContainerdInfo', { Address: text, Namespaces: struct('system.ContainerdNamespaces', { Containers: text, Plugins: text }) });

export const infoShape = struct('system.Info', {
  ID: text, Containers: number, ContainersRunning: number, ContainersPaused: number, ContainersStopped: number, Images: number,
  Driver: text, DriverStatus: listOf(listOf(text)), SystemStatus: listOf(listOf(text)), Plugins: plugins,
  MemoryLimit: flag, SwapLimit: flag, KernelMemory: flag, KernelMemoryTCP: flag, 'CPUCfsPeriod/CpuCfsPeriod': flag, 'CPUCfsQuota/CpuCfsQuota': flag,
  CPUShares: flag, CPUSet: flag, PidsLimit: flag, IPv4Forwarding: flag, Debug: flag, NFd: number, OomKillDisable: flag, NGoroutines: number,
  SystemTime: text, LoggingDriver: text, CgroupDriver: text, CgroupVersion: text, NEventsListener: number, KernelVersion: text, OperatingSystem: text,
  OSVersion: text, OSType: text, Architecture: text, IndexServerAddress: text, RegistryConfig: pointer(registries), NCPU: number, MemTotal: number,
  GenericResources: listOf(any), DockerRootDir: text, 'HTTPProxy/HttpProxy': text, 'HTTPSProxy/HttpsProxy': text, NoProxy: text, Name: text, Labels: listOf(text),
  ExperimentalBuild: flag, ServerVersion: text, Runtimes: mapOf(runtime), DefaultRuntime: text, Swarm: swarm, LiveRestoreEnabled: flag, Isolation: text,
  InitBinary: text, ContainerdCommit: commit, RuncCommit: commit, InitCommit: commit, SecurityOptions: listOf(text), ProductLicense: text,
  DefaultAddressPools: listOf(pool), FirewallBackend: pointer(struct('system.FirewallInfo', { Driver: text, Info: listOf(listOf(text)) })), CDISpecDirs: listOf(text),
  DiscoveredDevices: listOf(struct('system.DeviceInfo', { Source: text, ID: text })), Containerd: pointer(containerd), Warnings: listOf(text),
});
