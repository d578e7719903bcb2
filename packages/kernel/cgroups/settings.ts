/**
 * OCI resources as settings: which file of which controller gets which text. Pure; `Cgroup.apply` writes them in
 * order. v1's names are the kernel's Documentation/admin-guide/cgroup-v1, v2's cgroup-v2.rst.
 */
import type { OciResources, OciThrottle } from '#spec';
import { deviceSettings } from './devices-v1.ts';
import type { Setting } from './setting.ts';

const setting = (controller: string, file: string, value: number | string | undefined): Setting[] =>
  value === undefined ? [] : [{ controller, file: `${controller}.${file}`, value: String(value) }];

/** 0 means "not set" for most numbers, as in runc. */
const positive = (value: number | undefined): number | undefined => (value ? value : undefined);
const maxOr = (value: number | undefined): number | string | undefined => (value === undefined ? undefined : value <= 0 ? 'max' : value);

/** For the controllers that are mounted as v1. `memoryLimit` is the one that holds now, in bytes. */
export function settingsV1(resources: OciResources, memoryLimit = Infinity): Setting[] {
  const { memory, cpu, pids, blockIO, network } = resources;
  return [
    ...deviceSettings(resources.devices),
    ...memoryV1(memory, memoryLimit),
    ...setting('cpu', 'shares', positive(cpu?.shares)),
    ...period('cfs_period_us', cpu?.period, cpu?.quota),
    ...besideBurst(cpu, [...setting('cpu', 'cfs_quota_us', positive(cpu?.quota)), ...setting('cpu', 'cfs_burst_us', cpu?.burst)]),
    ...period('rt_period_us', cpu?.realtimePeriod, cpu?.realtimeRuntime),
    ...setting('cpu', 'rt_runtime_us', positive(cpu?.realtimeRuntime)),
    ...setting('cpu', 'idle', cpu?.idle),
    ...setting('cpuset', 'cpus', cpu?.cpus || undefined),
    ...setting('cpuset', 'mems', cpu?.mems || undefined),
    ...(pids?.limit !== undefined ? setting('pids', 'max', pids.limit < 0 ? 'max' : pids.limit) : []),
    ...blockIoV1(blockIO),
    ...(resources.hugepageLimits ?? []).flatMap(({ pageSize, limit }) => setting('hugetlb', `${pageSize}.limit_in_bytes`, limit)),
    ...setting('net_cls', 'classid', network?.classID),
    ...(network?.priorities ?? []).flatMap(({ name, priority }) => setting('net_prio', 'ifpriomap', `${name} ${priority}`)),
    ...rdma(resources.rdma),
  ];
}

/** The kernel judges the ratio of a time to its period: a period may be refused beside the time that holds, and taken beside the one to come. */
function period(file: string, value: number | undefined, time: number | undefined): Setting[] {
  return setting('cpu', file, positive(value)).map((one) => (time ? { ...one, again: true } : one));
}

/** The same of a quota and of what may be saved of it: the one may be refused beside the other's old value. */
function besideBurst(cpu: OciResources['cpu'], settings: Setting[]): Setting[] {
  return cpu?.burst === undefined || settings.length < 2 ? settings : settings.map((one) => ({ ...one, again: true }));
}

function memoryV1(memory: OciResources['memory'], now: number): Setting[] {
  if (!memory) return [];
  const limit = positive(memory.limit);
  /* A limit without one on swap would let swap+memory stay below it: -1 goes with -1. */
  const swap = positive(memory.swap) ?? (limit === -1 ? -1 : undefined);
  const own = setting('memory', 'limit_in_bytes', limit);
  const withSwap = setting('memory', 'memsw.limit_in_bytes', swap);
  // The kernel keeps memory below memory with swap at every moment: both rise from the top, and fall from the bottom.
  const rises = swap !== undefined && (swap === -1 || now < swap);
  return [
    ...(rises ? [...withSwap, ...own] : [...own, ...withSwap]),
    ...setting('memory', 'soft_limit_in_bytes', positive(memory.reservation)),
    ...setting('memory', 'kmem.tcp.limit_in_bytes', positive(memory.kernelTCP)),
    ...(memory.disableOOMKiller ? setting('memory', 'oom_control', 1) : []),
    ...(memory.swappiness !== undefined && memory.swappiness <= 100 ? setting('memory', 'swappiness', memory.swappiness) : []),
  ];
}

function blockIoV1(io: OciResources['blockIO']): Setting[] {
  if (!io) return [];
  const throttle = (file: string, list: readonly OciThrottle[] | undefined) =>
    (list ?? []).flatMap(({ major, minor, rate }) => setting('blkio', `throttle.${file}_device`, `${major}:${minor} ${rate}`));
  const weight = (value: number | string, device: boolean): Setting => ({
    controller: 'blkio',
    file: device ? 'blkio.weight_device' : 'blkio.weight',
    value: String(value),
    otherwise: device ? 'blkio.bfq.weight_device' : 'blkio.bfq.weight',
  });
  return [
    ...(io.weight ? [weight(io.weight, false)] : []),
    ...setting('blkio', 'leaf_weight', positive(io.leafWeight)),
    ...(io.weightDevice ?? []).flatMap((d) => (d.weight ? [weight(`${d.major}:${d.minor} ${d.weight}`, true)] : [])),
    ...(io.weightDevice ?? []).flatMap((d) => (d.leafWeight ? setting('blkio', 'leaf_weight_device', `${d.major}:${d.minor} ${d.leafWeight}`) : [])),
    ...throttle('read_bps', io.throttleReadBpsDevice),
    ...throttle('write_bps', io.throttleWriteBpsDevice),
    ...throttle('read_iops', io.throttleReadIOPSDevice),
    ...throttle('write_iops', io.throttleWriteIOPSDevice),
  ];
}

function rdma(devices: OciResources['rdma']): Setting[] {
  return Object.entries(devices ?? {}).flatMap(([name, { hcaHandles, hcaObjects }]) => {
    const parts = [name, hcaHandles === undefined ? '' : `hca_handle=${hcaHandles}`, hcaObjects === undefined ? '' : `hca_object=${hcaObjects}`];
    return setting('rdma', 'max', parts.filter(Boolean).join(' '));
  });
}

/** For the controllers of v2. Device rules are no file there but a program (devices-v2.ts). */
export function settingsV2(resources: OciResources): Setting[] {
  const { memory, cpu, pids, blockIO } = resources;
  return [
    ...memoryV2(memory),
    ...setting('cpu', 'weight', cpu?.shares ? weightOfShares(cpu.shares) : undefined),
    ...besideBurst(cpu, [...(cpu?.quota || cpu?.period ? setting('cpu', 'max', `${cpu.quota && cpu.quota > 0 ? cpu.quota : 'max'} ${cpu.period || 100000}`) : []), ...setting('cpu', 'max.burst', cpu?.burst)]),
    ...setting('cpu', 'idle', cpu?.idle),
    ...setting('cpuset', 'cpus', cpu?.cpus || undefined),
    ...setting('cpuset', 'mems', cpu?.mems || undefined),
    ...(pids?.limit !== undefined ? setting('pids', 'max', pids.limit < 0 ? 'max' : pids.limit) : []),
    ...blockIoV2(blockIO),
    ...(resources.hugepageLimits ?? []).flatMap(({ pageSize, limit }) => setting('hugetlb', `${pageSize}.max`, limit)),
    ...rdma(resources.rdma),
    ...Object.entries(resources.unified ?? {}).map(([file, value]) => ({ controller: file.split('.')[0] ?? '', file, value })),
  ];
}

function memoryV2(memory: OciResources['memory']): Setting[] {
  if (!memory) return [];
  const { limit, swap, reservation } = memory;
  return [
    ...swapV2(limit, swap),
    ...(limit ? setting('memory', 'max', maxOr(limit)) : []),
    ...(reservation ? setting('memory', 'low', maxOr(reservation)) : []),
  ];
}

/** OCI's swap is memory and swap together, v2's is swap alone. */
function swapV2(limit: number | undefined, swap: number | undefined): Setting[] {
  if (!swap) return limit === -1 ? setting('memory', 'swap.max', 'max') : [];
  const value = swap < 0 ? 'max' : Math.max(0, swap - (limit && limit > 0 ? limit : 0));
  return [{ controller: 'memory', file: 'memory.swap.max', value: String(value), optional: value === 0 || value === 'max' }];
}

/**
 * [2, 262144] to [1, 10000], and the one's default, 1024, to the other's, 100: the curve through these three that runC has from 1.3.2 on
 * and crun from 1.23 on.
 */
export function weightOfShares(shares: number): number {
  const power = Math.log2(Math.min(Math.max(shares, 2), 262144));
  return Math.ceil(10 ** ((power * power + 125 * power) / 612 - 7 / 34));
}

function blockIoV2(io: OciResources['blockIO']): Setting[] {
  if (!io) return [];
  const throttle = (key: string, list: readonly OciThrottle[] | undefined) =>
    (list ?? []).flatMap(({ major, minor, rate }) => setting('io', 'max', `${major}:${minor} ${key}=${rate}`));
  const weight = (value: string): Setting => ({ controller: 'io', file: 'io.weight', value, otherwise: 'io.bfq.weight' });
  return [
    ...(io.weight ? [weight(`default ${weightOfBlkio(io.weight)}`)] : []),
    ...(io.weightDevice ?? []).flatMap((d) => (d.weight ? [weight(`${d.major}:${d.minor} ${weightOfBlkio(d.weight)}`)] : [])),
    ...throttle('rbps', io.throttleReadBpsDevice),
    ...throttle('wbps', io.throttleWriteBpsDevice),
    ...throttle('riops', io.throttleReadIOPSDevice),
    ...throttle('wiops', io.throttleWriteIOPSDevice),
  ];
}

/** [10, 1000] to [1, 10000]. */
function weightOfBlkio(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}
