/** Limits that this kernel cannot set: dockerd takes them back and says so, and the container runs without. */
import type { Resources } from '#spec';
import type { Machine } from './validate-resources.ts';

interface Rule {
  /** What the kernel must have. */
  readonly needs: Exclude<keyof Machine, 'cpus' | 'cgroupVersion' | 'apparmor'>;
  readonly asked: (resources: Resources) => boolean;
  readonly warning: string;
  readonly without: Partial<Resources>;
}

const lacks = (what: string, tail: string): string => `Your kernel does not support ${what} or the cgroup is not mounted. ${tail}`;
const some = (list: readonly unknown[] | null): boolean => (list?.length ?? 0) > 0;

/** In the order in which dockerd warns. */
const rules: readonly Rule[] = [
  { needs: 'memory', asked: ({ Memory }) => Memory > 0, warning: lacks('memory limit capabilities', 'Limitation discarded.'), without: { Memory: 0, MemorySwap: -1 } },
  { needs: 'swap', asked: ({ Memory, MemorySwap }) => Memory > 0 && MemorySwap !== -1, warning: lacks('swap limit capabilities', 'Memory limited without swap.'), without: { MemorySwap: -1 } },
  { needs: 'swappiness', asked: ({ MemorySwappiness }) => MemorySwappiness !== null, warning: lacks('memory swappiness capabilities', 'Memory swappiness discarded.'), without: { MemorySwappiness: null } },
  { needs: 'memory', asked: ({ MemoryReservation }) => MemoryReservation > 0, warning: lacks('memory soft limit capabilities', 'Limitation discarded.'), without: { MemoryReservation: 0 } },
  { needs: 'kernelMemoryTcp', asked: ({ KernelMemoryTCP = 0 }) => KernelMemoryTCP > 0, warning: lacks('kernel TCP memory limit capabilities', 'Limitation discarded.'), without: { KernelMemoryTCP: 0 } },
  { needs: 'oomKillDisable', asked: ({ OomKillDisable }) => OomKillDisable === true, warning: 'Your kernel does not support OomKillDisable. OomKillDisable discarded.', without: { OomKillDisable: null } },
  { needs: 'pids', asked: ({ PidsLimit }) => (PidsLimit ?? 0) > 0, warning: lacks('PIDs limit capabilities', 'PIDs limit discarded.'), without: { PidsLimit: null } },
  { needs: 'cpuShares', asked: ({ CpuShares }) => CpuShares > 0, warning: lacks('CPU shares', 'Shares discarded.'), without: { CpuShares: 0 } },
  { needs: 'cpuQuota', asked: ({ CpuPeriod, CpuQuota }) => CpuPeriod !== 0 || CpuQuota !== 0, warning: 'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.', without: { CpuPeriod: 0, CpuQuota: 0 } },
  { needs: 'cpuset', asked: ({ CpusetCpus, CpusetMems }) => CpusetCpus !== '' || CpusetMems !== '', warning: lacks('cpuset', 'Cpuset discarded.'), without: { CpusetCpus: '', CpusetMems: '' } },
  { needs: 'blkioWeight', asked: ({ BlkioWeight }) => BlkioWeight > 0, warning: lacks('Block I/O weight', 'Weight discarded.'), without: { BlkioWeight: 0 } },
  { needs: 'blkioWeightDevice', asked: ({ BlkioWeightDevice }) => some(BlkioWeightDevice), warning: lacks('Block I/O weight_device', 'Weight-device discarded.'), without: { BlkioWeightDevice: [] } },
  { needs: 'blkioThrottle', asked: ({ BlkioDeviceReadBps }) => some(BlkioDeviceReadBps), warning: lacks('BPS Block I/O read limit', 'Block I/O BPS read limit discarded.'), without: { BlkioDeviceReadBps: [] } },
  { needs: 'blkioThrottle', asked: ({ BlkioDeviceWriteBps }) => some(BlkioDeviceWriteBps), warning: lacks('BPS Block I/O write limit', 'Block I/O BPS write limit discarded.'), without: { BlkioDeviceWriteBps: [] } },
  { needs: 'blkioThrottle', asked: ({ BlkioDeviceReadIOps }) => some(BlkioDeviceReadIOps), warning: lacks('IOPS Block read limit', 'Block I/O IOPS read limit discarded.'), without: { BlkioDeviceReadIOps: [] } },
  { needs: 'blkioThrottle', asked: ({ BlkioDeviceWriteIOps }) => some(BlkioDeviceWriteIOps), warning: lacks('IOPS Block write limit', 'Block I/O IOPS write limit discarded.'), without: { BlkioDeviceWriteIOps: [] } },
];

/** The limits that hold here, and a warning for each that does not; what one takes back is not asked for any more. */
export function discardUnsupported<T extends Resources>(resources: T, machine: Machine): { readonly resources: T; readonly warnings: string[] } {
  let left = resources;
  const warnings: string[] = [];
  for (const { needs, asked, warning, without } of rules) {
    if (machine[needs] || !asked(left)) continue;
    left = { ...left, ...without };
    warnings.push(warning);
  }
  if (left.CpuPercent > 0) {
    left = { ...left, CpuPercent: 0 };
    warnings.push('linux does not support CPU percent. Percent discarded.'); // nor does any other kernel but Windows'
  }
  return { resources: left, warnings };
}
