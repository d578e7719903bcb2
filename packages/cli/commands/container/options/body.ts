/** From the flags of run and create to the body of `POST /containers/create`. */
import { InvalidArgument } from '#base';
import type { ContainerConfig, CreateContainerBody, HostConfig, Resources, RestartPolicy } from '#spec';
import type { FlagValues } from '../../../command/flag.ts';
import { parseDevices } from './devices.ts';
import { isMac, parseEndpoints } from './endpoints.ts';
import { readEnvironmentFiles, readLabelFiles } from './files.ts';
import type { containerFlags } from './flags.ts';
import { parseHealth } from './health.ts';
import { pairsOf } from './pairs.ts';
import { parsePorts } from './ports.ts';
import { parseSecurity } from './security.ts';
import { parseVolumes } from './volumes.ts';

export type ContainerFlags = FlagValues<typeof containerFlags>;

/** A body with all that the Go client sends, so that an engine sees the same from both. */
export type CreateBody = Omit<ContainerConfig, 'MacAddress'> & {
  HostConfig: HostConfig;
  NetworkingConfig: NonNullable<CreateContainerBody['NetworkingConfig']>;
};

/** Throws InvalidArgument in Docker's words for values that contradict each other or cannot be read. */
export function createBody(flags: ContainerFlags, given: (flag: keyof ContainerFlags) => boolean, image: string, command: readonly string[]): CreateBody {
  if (flags['mac-address'] !== '' && !isMac(flags['mac-address'])) throw new InvalidArgument(`${flags['mac-address']} is not a valid mac address`);
  const swappiness = flags['memory-swappiness'];
  if (swappiness < -1 || swappiness > 100) throw new InvalidArgument(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  const volumes = parseVolumes(flags.volume);
  const ports = parsePorts(flags.publish, flags.expose);
  const devices = parseDevices(flags.device);
  const environment = [...readEnvironmentFiles(flags['env-file']), ...lastOfEach(flags.env)];
  const labels = pairsOf([...readLabelFiles(flags['label-file']), ...flags.label]);
  checkModes(flags);
  const restart = parseRestart(flags.restart);
  if (flags['log-driver'] === 'none' && flags['log-opt'].length > 0) throw new InvalidArgument('invalid logging opts for driver none');
  const security = parseSecurity(flags['security-opt']);
  const storage = storageOptions(flags['storage-opt']);
  const health = parseHealth(flags);
  if (flags.rm && restart.Name !== 'no' && restart.Name !== '') throw new InvalidArgument('conflicting options: cannot specify both --restart and --rm');
  return {
    ...configOf(flags, given, image, command),
    Env: environment.length === 0 ? null : environment,
    Labels: labels,
    ...(Object.keys(ports.exposed).length === 0 ? {} : { ExposedPorts: ports.exposed }),
    Volumes: volumes.anonymous,
    ...(health === undefined ? {} : { Healthcheck: health }),
    HostConfig: {
      ...hostOf(flags, given),
      ...resourcesOf(flags, devices),
      ...security,
      ...(Object.keys(storage).length === 0 ? {} : { StorageOpt: storage }),
      Binds: orNull(volumes.binds),
      PortBindings: ports.bindings,
      RestartPolicy: restart,
    },
    NetworkingConfig: { EndpointsConfig: parseEndpoints(flags) },
  };
}

function configOf(flags: ContainerFlags, given: (flag: keyof ContainerFlags) => boolean, image: string, command: readonly string[]): Omit<CreateBody, 'HostConfig' | 'NetworkingConfig'> {
  const all = flags.attach.length === 0;
  const stdin = flags.interactive || flags.attach.includes('stdin');
  return {
    Hostname: flags.hostname,
    Domainname: flags.domainname,
    User: flags.user,
    AttachStdin: stdin,
    AttachStdout: all || flags.attach.includes('stdout'),
    AttachStderr: all || flags.attach.includes('stderr'),
    Tty: flags.tty,
    OpenStdin: flags.interactive,
    StdinOnce: flags.interactive && stdin,
    Env: null,
    Cmd: orNull(command),
    Image: image,
    Volumes: {},
    WorkingDir: flags.workdir,
    Entrypoint: given('entrypoint') ? [flags.entrypoint] : null,
    OnBuild: null,
    Labels: {},
    ...(flags['stop-signal'] === '' ? {} : { StopSignal: flags['stop-signal'] }),
    ...(given('stop-timeout') ? { StopTimeout: flags['stop-timeout'] } : {}),
  };
}

function hostOf(flags: ContainerFlags, given: (flag: keyof ContainerFlags) => boolean): Omit<HostConfig, keyof Resources | 'Binds' | 'PortBindings' | 'RestartPolicy' | 'SecurityOpt' | 'MaskedPaths' | 'ReadonlyPaths'> {
  return {
    ContainerIDFile: flags.cidfile,
    LogConfig: { Type: flags['log-driver'], Config: pairsOf(flags['log-opt']) },
    NetworkMode: flags.network[0]?.target ?? 'default',
    AutoRemove: flags.rm,
    VolumeDriver: flags['volume-driver'],
    VolumesFrom: orNull(flags['volumes-from']),
    ConsoleSize: [0, 0],
    ...unlessEmpty('Annotations', flags.annotation),
    CapAdd: capabilities(flags['cap-add']),
    CapDrop: capabilities(flags['cap-drop']),
    CgroupnsMode: flags.cgroupns,
    Dns: flags.dns,
    DnsOptions: flags['dns-option'],
    DnsSearch: flags['dns-search'],
    ExtraHosts: orNull(flags['add-host']),
    GroupAdd: orNull(flags['group-add']),
    IpcMode: flags.ipc,
    Cgroup: '',
    Links: orNull(flags.link),
    OomScoreAdj: flags['oom-score-adj'],
    PidMode: flags.pid,
    Privileged: flags.privileged,
    PublishAllPorts: flags['publish-all'],
    ReadonlyRootfs: flags['read-only'],
    ...unlessEmpty('Tmpfs', temporary(flags.tmpfs)),
    UTSMode: flags.uts,
    UsernsMode: flags.userns,
    ShmSize: flags['shm-size'],
    ...unlessEmpty('Sysctls', flags.sysctl),
    ...(flags.runtime === '' ? {} : { Runtime: flags.runtime }),
    Isolation: flags.isolation,
    ...(flags.mount.length === 0 ? {} : { Mounts: flags.mount }),
    ...(given('init') ? { Init: flags.init } : {}),
  };
}

function resourcesOf(flags: ContainerFlags, devices: ReturnType<typeof parseDevices>): Resources {
  return {
    CpuShares: flags['cpu-shares'],
    Memory: flags.memory,
    NanoCpus: flags.cpus,
    CgroupParent: flags['cgroup-parent'],
    BlkioWeight: flags['blkio-weight'],
    BlkioWeightDevice: flags['blkio-weight-device'],
    BlkioDeviceReadBps: flags['device-read-bps'],
    BlkioDeviceWriteBps: flags['device-write-bps'],
    BlkioDeviceReadIOps: flags['device-read-iops'],
    BlkioDeviceWriteIOps: flags['device-write-iops'],
    CpuPeriod: flags['cpu-period'],
    CpuQuota: flags['cpu-quota'],
    CpuRealtimePeriod: flags['cpu-rt-period'],
    CpuRealtimeRuntime: flags['cpu-rt-runtime'],
    CpusetCpus: flags['cpuset-cpus'],
    CpusetMems: flags['cpuset-mems'],
    Devices: devices.mappings,
    DeviceCgroupRules: orNull(flags['device-cgroup-rule']),
    DeviceRequests: orNull([...flags.gpus, ...devices.requests]),
    MemoryReservation: flags['memory-reservation'],
    MemorySwap: flags['memory-swap'],
    MemorySwappiness: flags['memory-swappiness'],
    OomKillDisable: flags['oom-kill-disable'],
    PidsLimit: flags['pids-limit'],
    Ulimits: flags.ulimit,
    CpuCount: flags['cpu-count'],
    CpuPercent: flags['cpu-percent'],
    IOMaximumIOps: flags['io-maxiops'],
    IOMaximumBandwidth: flags['io-maxbandwidth'],
  };
}

function checkModes(flags: ContainerFlags): void {
  const { pid, uts, userns, cgroupns } = flags;
  if (pid !== '' && pid !== 'host' && !/^container:./.test(pid)) throw new InvalidArgument('--pid: invalid PID mode');
  if (uts !== '' && uts !== 'host') throw new InvalidArgument('--uts: invalid UTS mode');
  if (userns !== '' && userns !== 'host') throw new InvalidArgument('--userns: invalid USER mode');
  if (cgroupns !== '' && cgroupns !== 'host' && cgroupns !== 'private') throw new InvalidArgument('--cgroupns: invalid CGROUP mode');
}

/** `--restart no | always | unless-stopped | on-failure[:N]`; the engine knows which names there are. Throws InvalidArgument. */
export function parseRestart(text: string): RestartPolicy {
  const at = text.indexOf(':');
  const name = at < 0 ? text : text.slice(0, at);
  const count = at < 0 ? '' : text.slice(at + 1);
  if (at === 0) throw new InvalidArgument('invalid restart policy format: no policy provided before colon');
  if (count !== '' && !/^[+-]?\d+$/.test(count)) throw new InvalidArgument('invalid restart policy format: maximum retry count must be an integer');
  return { Name: name as RestartPolicy['Name'], MaximumRetryCount: Number(count || 0) };
}

function storageOptions(options: readonly string[]): Record<string, string> {
  if (options.some((option) => !option.includes('='))) throw new InvalidArgument('invalid storage option');
  return pairsOf(options);
}

/** `NET_ADMIN`, `cap_net_admin` → `CAP_NET_ADMIN`, once each; whether there is such a one the engine says. */
function capabilities(names: readonly string[]): string[] | null {
  const normal = names.map((name) => name.toUpperCase()).map((name) => (name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`));
  return orNull([...new Set(normal)].sort());
}

function temporary(specs: readonly string[]): Record<string, string> {
  return Object.fromEntries(specs.map((spec) => {
    const at = spec.indexOf(':');
    return at < 0 ? [spec, ''] : [spec.slice(0, at), spec.slice(at + 1)];
  }));
}

/** A variable given twice has its last value. */
function lastOfEach(pairs: readonly string[]): string[] {
  return [...new Map(pairs.map((pair) => [pair.split('=', 1)[0], pair])).values()];
}

function orNull<T>(list: readonly T[]): T[] | null {
  return list.length === 0 ? null : [...list];
}

function unlessEmpty<K extends string>(key: K, record: Record<string, string>): Partial<Record<K, Record<string, string>>> {
  return (Object.keys(record).length === 0 ? {} : { [key]: record }) as Partial<Record<K, Record<string, string>>>;
}
