/** The container of one RUN: the image's configuration under the limits of the build. */
import type { DnsOptions } from '#network';
import type { ChainId } from '#snapshots';
import type { ContainerDefaults, OciResources } from '#spec';
import type { ContainerSpec, NetworkSeat } from '#supervisor';
import type { BuildRequest } from '../port.ts';
import { scriptDirectory } from './command.ts';

/** What the daemon gives every container unless told otherwise. */
export interface RunDefaults {
  readonly cgroupParent: string;
  readonly namespaces: ContainerSpec['namespaces'];
  readonly dns: DnsOptions;
  /** The network of a step that names none; undefined: such a step has no network. */
  readonly network: string | undefined;
  /** Bytes of /dev/shm. */
  readonly shmSize: number;
}

export interface RunStep {
  readonly id: string;
  readonly chainId: ChainId | undefined;
  readonly args: readonly string[];
  /** Build arguments, which the image itself does not keep. */
  readonly buildEnv: readonly string[];
  readonly config: ContainerDefaults;
  /** `--network` of the step; '' takes the build's. */
  readonly network: string;
  /** A directory on the host that is seen below /dev while the step runs. */
  readonly script: string | undefined;
}

export function runSpec(step: RunStep, request: BuildRequest, defaults: RunDefaults): ContainerSpec {
  const hostname = step.id.slice(0, 12);
  return {
    id: step.id,
    owner: 'builder',
    chainId: step.chainId,
    hostname,
    domainname: '',
    process: {
      args: step.args,
      env: environment(hostname, [...(step.config.Env ?? []), ...step.buildEnv]),
      cwd: step.config.WorkingDir || '/',
      user: step.config.User ?? '',
      groups: [],
      terminal: false,
      consoleSize: undefined,
      rlimits: request.ulimits.map(({ name, soft, hard }) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft, hard })),
      oomScoreAdj: 0,
    },
    stdin: 'closed',
    log: undefined,
    init: false,
    readonlyRoot: false,
    mounts: step.script === undefined ? [] : [{ destination: scriptDirectory, type: 'bind', source: step.script, options: ['bind', 'ro', 'rprivate'] }],
    namespaces: defaults.namespaces,
    security: {
      privileged: false,
      capAdd: [],
      capDrop: [],
      seccomp: undefined,
      noNewPrivileges: false,
      maskedPaths: undefined,
      readonlyPaths: undefined,
    },
    devices: [],
    deviceRules: [],
    resources: resourcesOf(request),
    cgroupParent: request.cgroupParent || defaults.cgroupParent,
    sysctl: {},
    shmSize: request.shmSize || defaults.shmSize,
    network: seatOf(step, request, defaults),
    stopSignal: 15,
    stopTimeout: 10,
    labels: {},
    disposable: true,
  };
}

/** PATH and HOSTNAME first, as dockerd has them; what the image says wins. */
function environment(hostname: string, env: readonly string[]): string[] {
  const values = new Map([['PATH', ''], ['HOSTNAME', hostname]]);
  for (const entry of env) {
    const equals = entry.indexOf('=');
    values.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return [...values].map(([key, value]) => `${key}=${value}`);
}

function resourcesOf(request: BuildRequest): OciResources {
  const { memory, memorySwap, cpuShares, cpuQuota, cpuPeriod, cpusetCpus, cpusetMems } = request;
  return {
    ...(memory > 0 && { memory: { limit: memory, swap: memorySwap === 0 ? memory * 2 : memorySwap } }),
    cpu: {
      ...(cpuShares > 0 && { shares: cpuShares }),
      ...(cpuQuota > 0 && { quota: cpuQuota }),
      ...(cpuPeriod > 0 && { period: cpuPeriod }),
      ...(cpusetCpus !== '' && { cpus: cpusetCpus }),
      ...(cpusetMems !== '' && { mems: cpusetMems }),
    },
  };
}

/** `--network`: none, host, container:ID, or a network by name. */
function seatOf({ id, network: wanted }: RunStep, request: BuildRequest, { dns, network: usual }: RunDefaults): NetworkSeat {
  const { extraHosts } = request;
  const mode = wanted || request.networkMode;
  if (mode === 'host') return { mode: 'host', dns, extraHosts };
  if (mode.startsWith('container:')) return { mode: 'container', container: mode.slice('container:'.length) };
  if (mode === 'none') return { mode: 'own', endpoints: [], dns, extraHosts };
  const network = mode === '' || mode === 'default' || mode === 'bridge' ? usual : mode;
  return { mode: 'own', endpoints: network === undefined ? [] : [{ containerId: id, containerName: '', network, aliases: [], ports: [] }], dns, extraHosts };
}
