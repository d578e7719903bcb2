/** Refuses limits that cannot hold on this machine, in Docker's words. */
import { InvalidArgument } from '#base';
import type { Resources } from '#spec';

/** What limits are checked against. */
export interface Machine {
  readonly cpus: number;
  readonly cgroupVersion: 1 | 2;
  /** Security modules that are on. */
  readonly apparmor: boolean;
  /** What the kernel's controllers can set. */
  readonly memory: boolean;
  readonly swap: boolean;
  readonly swappiness: boolean;
  readonly kernelMemoryTcp: boolean;
  readonly oomKillDisable: boolean;
  readonly pids: boolean;
  readonly cpuShares: boolean;
  readonly cpuQuota: boolean;
  readonly cpuRealtime: boolean;
  readonly cpuset: boolean;
  readonly blkioWeight: boolean;
  readonly blkioWeightDevice: boolean;
  readonly blkioThrottle: boolean;
}

const minimumMemory = 6 << 20;

/** Throws InvalidArgument; gives warnings. */
export function validateResources(resources: Resources, machine: Machine): string[] {
  validateMemory(resources);
  validateCpu(resources, machine);
  const warnings: string[] = [];
  if (machine.blkioWeight && resources.BlkioWeight !== 0 && (resources.BlkioWeight < 10 || resources.BlkioWeight > 1000)) {
    throw new InvalidArgument('Range of blkio weight is from 10 to 1000');
  }
  if (resources.IOMaximumBandwidth !== 0) throw new InvalidArgument('invalid QoS settings: linux does not support configuration of maximum bandwidth');
  if (resources.IOMaximumIOps !== 0) throw new InvalidArgument('invalid QoS settings: linux does not support configuration of maximum IOPs');
  if (resources.OomKillDisable && resources.Memory === 0) {
    warnings.push('OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.');
  }
  return warnings;
}

function validateMemory(resources: Resources): void {
  const { Memory, MemorySwap, MemoryReservation, MemorySwappiness } = resources;
  if (Memory !== 0 && Memory < minimumMemory) throw new InvalidArgument('Minimum memory limit allowed is 6MB');
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory) {
    throw new InvalidArgument('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (Memory === 0 && MemorySwap > 0) throw new InvalidArgument('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (MemorySwappiness !== null && (MemorySwappiness < -1 || MemorySwappiness > 100)) {
    throw new InvalidArgument(`Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`);
  }
  if (MemoryReservation > 0 && MemoryReservation < minimumMemory) throw new InvalidArgument('Minimum memory reservation allowed is 6MB');
  if (Memory > 0 && MemoryReservation > 0 && Memory < MemoryReservation) {
    throw new InvalidArgument('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
}

function validateCpu(resources: Resources, machine: Machine): void {
  if (resources.CpuShares < 0) throw new InvalidArgument(`invalid CPU shares (${resources.CpuShares}): value must be a positive integer`);
  if ((resources.CpuRealtimePeriod !== 0 || resources.CpuRealtimeRuntime !== 0) && !machine.cpuRealtime) {
    throw new InvalidArgument('Your kernel does not support CPU real-time scheduler');
  }
  if (resources.CpuRealtimePeriod !== 0 && resources.CpuRealtimeRuntime > resources.CpuRealtimePeriod) throw new InvalidArgument('cpu real-time runtime cannot be higher than cpu real-time period');
  const { NanoCpus, CpuPeriod, CpuQuota, CpusetCpus, CpusetMems } = resources;
  if (NanoCpus > 0 && CpuPeriod > 0) throw new InvalidArgument('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (NanoCpus > 0 && CpuQuota > 0) throw new InvalidArgument('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (NanoCpus < 0 || NanoCpus > machine.cpus * 1e9) {
    throw new InvalidArgument(`range of CPUs is from 0.01 to ${machine.cpus}.00, as there are only ${machine.cpus} CPUs available`);
  }
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) {
    throw new InvalidArgument('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (CpuQuota > 0 && CpuQuota < 1000) throw new InvalidArgument('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  const last = largestOf(CpusetCpus, 'cpus');
  if (last !== undefined && last >= machine.cpus) {
    throw new InvalidArgument(`Requested CPUs are not available - requested ${CpusetCpus}, available: ${machine.cpus === 1 ? '0' : `0-${machine.cpus - 1}`}`);
  }
  const node = largestOf(CpusetMems, 'mems');
  if (node !== undefined && node > 0) throw new InvalidArgument(`Requested memory nodes are not available - requested ${CpusetMems}, available: 0`);
}

/** The largest member of a list such as `0-2,5`. */
function largestOf(list: string, what: 'cpus' | 'mems'): number | undefined {
  if (list === '') return undefined;
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list)) throw new InvalidArgument(`Invalid value ${list} for cpuset ${what}: invalid format: ${list}`);
  return Math.max(...list.split(/[-,]/).map(Number));
}
