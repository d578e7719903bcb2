/** `GET /info`: the daemon's figures, true at the moment of asking. */
import { readdirSync } from 'node:fs';
import { hostname, machine, release, totalmem } from 'node:os';
import { inUserNamespace, isOn, processorCount } from '#kernel';
import type { SystemInfo } from '#spec';
import { machine as thisMachine } from '../containers/machine.ts';
import { givesLabels } from '../containers/labels/given.ts';
import { logDrivers } from '../containers/logs/forward/options.ts';
import { readCdiRegistry } from '../containers/cdi/registry.ts';
import { rfc3339Nano } from '../clock.ts';
import type { Engine, EngineConfig } from '../context.ts';
import { cgroupnsModeOf } from '../daemon/container-defaults.ts';
import { shownProxies } from '../daemon/proxies.ts';
import { naruVersion } from '../version.ts';
import type { ApiRequest } from '../router.ts';
import { buildFacts } from './build.ts';
import { ownCgroupFacts, type CgroupFacts } from './cgroups.ts';
import { operatingSystem } from './host.ts';
import { daemonId } from './identity.ts';
import { registryConfig } from './registries.ts';
import { RuntimeStatuses, type RuntimeStatus } from './runtime-status.ts';

type Room = Pick<Engine, 'config' | 'plugins' | 'db' | 'images' | 'supervisor' | 'containers' | 'snapshots' | 'events' | 'clock' | 'log'>;
type Version = Pick<ApiRequest, 'atLeast'>;

/** Reads what cannot change once; the function it returns answers each request. */
export function systemInfo(engine: Room): (version: Version) => Promise<SystemInfo> {
  const id = daemonId(engine.db, engine.config.dataRoot);
  const facts = ownCgroupFacts();
  const driverStatus = engine.snapshots.status();
  const { name, version } = operatingSystem();
  const statuses = new RuntimeStatuses(engine.log);
  return async (api) => ({
    ID: id,
    ...containerCounts(engine),
    Images: engine.images.list().length,
    Driver: engine.snapshots.driver,
    DriverStatus: driverStatus,
    Plugins: plugins(engine),
    ...limits(facts, api),
    IPv4Forwarding: isOn('/proc/sys/net/ipv4/ip_forward'),
    ...(api.atLeast('1.50') ? {} : bridgeFilters()),
    Debug: engine.config.debug,
    NFd: readdirSync('/proc/self/fd').length,
    NGoroutines: process.getActiveResourcesInfo().length,
    SystemTime: rfc3339Nano(engine.clock.nanoseconds()),
    LoggingDriver: engine.config.logging.driver,
    CgroupDriver: engine.config.cgroupDriver === 'systemd' ? 'systemd' : facts.driver,
    CgroupVersion: facts.version,
    NEventsListener: engine.events.listeners,
    KernelVersion: release(),
    OperatingSystem: name,
    OSVersion: version,
    OSType: 'linux',
    Architecture: machine(),
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: registryConfig(engine.config, { legacy: !api.atLeast('1.49') }),
    NCPU: processorCount(),
    MemTotal: totalmem(),
    GenericResources: null,
    DockerRootDir: engine.config.dataRoot,
    ...proxies(engine.config),
    Name: hostname(),
    Labels: engine.config.labels,
    ExperimentalBuild: engine.config.experimental,
    ServerVersion: naruVersion,
    ...(await runtimes(engine.config, api, statuses)),
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: engine.config.liveRestore,
    Isolation: '',
    SecurityOptions: securityOptions(engine.config),
    ...(engine.config.defaultAddressPools.length > 0
      ? { DefaultAddressPools: engine.config.defaultAddressPools.map(({ base, size }) => ({ Base: base, Size: size })) }
      : {}),
    CDISpecDirs: [...engine.config.cdiSpecDirs],
    ...(api.atLeast('1.50') ? await discoveredDevices(engine) : {}),
    ...(api.atLeast('1.49') ? { FirewallBackend: { Driver: 'nftables' } } : {}),
    Warnings: warnings(engine, facts),
  });
}

/** What `--device vendor.com/class=name` can name here; left out where that is nothing. */
async function discoveredDevices({ config, log }: Pick<Engine, 'config' | 'log'>): Promise<Pick<SystemInfo, 'DiscoveredDevices'>> {
  const { devices, broken } = await readCdiRegistry(config.cdiSpecDirs);
  for (const reason of broken) log('warn', `CDI: ${reason}`);
  return devices.size === 0 ? {} : { DiscoveredDevices: [...devices.keys()].toSorted().map((ID) => ({ Source: 'cdi', ID })) };
}

const networkDrivers = ['bridge', 'host', 'ipvlan', 'macvlan', 'null'];

/** Drivers by what they drive: built in, and of plugins that are in use. */
function plugins({ config, plugins: known }: Pick<Engine, 'config' | 'plugins'>): SystemInfo['Plugins'] {
  const { authorizationPlugins } = config;
  return {
    Volume: ['local', ...known.active('VolumeDriver').toSorted()],
    Network: [...networkDrivers, ...known.active('NetworkDriver')].toSorted(),
    Authorization: authorizationPlugins.length > 0 ? [...authorizationPlugins] : null,
    Log: logDrivers.filter((name) => name !== 'none').toSorted(),
  };
}

/** What keeps containers in, in dockerd's order. */
function securityOptions(config: EngineConfig): string[] {
  const options: [boolean, string][] = [
    [thisMachine().apparmor, 'apparmor'],
    [true, `seccomp,profile=${config.seccomp.name}`],
    [givesLabels(config), 'selinux'],
    [config.usernsRemap !== '', 'userns'],
    [inUserNamespace(), 'rootless'],
    [cgroupnsModeOf(config) === 'private', 'cgroupns'],
    [config.noNewPrivileges, 'no-new-privileges'],
  ];
  return options.filter(([has]) => has).map(([, name]) => `name=${name}`);
}

function containerCounts(engine: Room): Pick<SystemInfo, 'Containers' | 'ContainersRunning' | 'ContainersPaused' | 'ContainersStopped'> {
  const counts = { running: 0, paused: 0, stopped: 0 };
  const containers = engine.containers.list();
  for (const { id } of containers) {
    const status = engine.supervisor.state(id)?.status;
    counts[status === 'paused' ? 'paused' : status === 'running' || status === 'restarting' ? 'running' : 'stopped']++;
  }
  return { Containers: containers.length, ContainersRunning: counts.running, ContainersPaused: counts.paused, ContainersStopped: counts.stopped };
}

function limits(facts: CgroupFacts, api: Version) {
  return {
    MemoryLimit: facts.memory,
    SwapLimit: facts.swap,
    ...(facts.kernelMemory && !api.atLeast('1.42') ? { KernelMemory: true } : {}),
    ...(api.atLeast('1.52') ? {} : { KernelMemoryTCP: facts.kernelMemoryTcp }),
    CpuCfsPeriod: facts.cpuQuota,
    CpuCfsQuota: facts.cpuQuota,
    CPUShares: facts.cpuShares,
    CPUSet: facts.cpuset,
    PidsLimit: facts.pids,
    OomKillDisable: facts.oomKillDisable,
  };
}

function bridgeFilters() {
  return {
    BridgeNfIptables: isOn('/proc/sys/net/bridge/bridge-nf-call-iptables'),
    BridgeNfIp6tables: isOn('/proc/sys/net/bridge/bridge-nf-call-ip6tables'),
  };
}

function proxies(config: EngineConfig) {
  const { http, https, none } = shownProxies(config);
  return { HttpProxy: http, HttpsProxy: https, NoProxy: none };
}

async function runtimes({ runtimes: configured, defaultRuntime }: EngineConfig, api: Version, statuses: RuntimeStatuses) {
  const { commit: built } = buildFacts();
  const commit = (ID: string) => (api.atLeast('1.49') ? { ID } : { ID, Expected: ID });
  const shown = async (path: string, args: readonly string[], asked: Promise<RuntimeStatus | undefined>) => {
    const status = await asked;
    return { path, ...(args.length > 0 && { runtimeArgs: [...args] }), ...(status && { status }) };
  };
  const own = await shown('naru-runtime', [], statuses.own());
  const others = Object.entries(configured).map(async ([name, command]) => [name, await shown(command.path, command.args, statuses.of(command))] as const);
  return {
    Runtimes: { ...Object.fromEntries(await Promise.all(others)), 'io.containerd.runc.v2': own, runc: own },
    DefaultRuntime: defaultRuntime,
    InitBinary: 'naru-shim',
    ContainerdCommit: commit(''),
    RuncCommit: commit(built),
    InitCommit: commit(built),
  };
}

function warnings(engine: Room, facts: CgroupFacts): string[] | null {
  const ofLimits: [boolean, string][] = [
    [facts.memory, 'No memory limit support'],
    [facts.swap, 'No swap limit support'],
    [facts.oomKillDisable || facts.version === '2', 'No oom kill disable support'],
    [facts.cpuQuota, 'No cpu cfs quota support'],
    [facts.cpuQuota, 'No cpu cfs period support'],
    [facts.cpuShares, 'No cpu shares support'],
    [facts.cpuset, 'No cpuset support'],
    [facts.pids, 'No pids limit support'],
  ];
  const missing: [boolean, string][] = [
    ...(facts.driver === 'none' ? [[false, withoutCgroups[facts.version]] as [boolean, string]] : ofLimits),
    [isOn('/proc/sys/net/ipv4/ip_forward'), 'IPv4 forwarding is disabled'],
    [engine.config.seccomp.name === 'builtin', 'daemon is not using the default seccomp profile'],
  ];
  const lines = missing.filter(([present]) => !present).map(([, text]) => `WARNING: ${text}`);
  for (const host of engine.config.hosts) if (host.startsWith('tcp://')) lines.unshift(...openDoor(host.slice('tcp://'.length), engine.config.tls));
  return lines.length > 0 ? lines : null;
}

const withoutCgroups = {
  1: 'Running in rootless-mode without cgroups. To enable cgroups in rootless-mode, you need to boot the system in cgroup v2 mode.',
  2: 'Running in rootless-mode without cgroups. Systemd is required to enable cgroups in rootless-mode.',
} as const;

function openDoor(address: string, tls: EngineConfig['tls']): string[] {
  if (tls?.verify) return [];
  const how = tls ? `https://${address} without TLS client verification` : `http://${address} without encryption`;
  return [`WARNING: API is accessible on ${how}.\n         Access to the remote API is equivalent to root access on the host.`];
}
