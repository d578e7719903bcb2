/** `Resources` of the Engine API as OCI limits (runtime-spec config-linux.md, "Control groups"). */
import type { OciResources, OciThrottle, Resources, ThrottleDevice } from '#spec';

/** Numbers of the device behind a path, for blkio limits. Throws for what is no device. */
export type DeviceNumbers = (path: string) => { major: number; minor: number };

export function ociResources(resources: Resources, numbers: DeviceNumbers): OciResources {
  const cpu = cpuOf(resources);
  const blockIO = blockIoOf(resources, numbers);
  return {
    memory: memoryOf(resources),
    ...(Object.keys(cpu).length > 0 && { cpu }),
    ...(typeof resources.PidsLimit === 'number' && { pids: { limit: resources.PidsLimit > 0 ? resources.PidsLimit : -1 } }),
    ...(Object.keys(blockIO).length > 0 && { blockIO }),
  };
}

function memoryOf(resources: Resources): NonNullable<OciResources['memory']> {
  return {
    ...(resources.Memory !== 0 && { limit: resources.Memory }),
    ...(resources.KernelMemoryTCP && { kernelTCP: resources.KernelMemoryTCP }),
    ...(resources.MemoryReservation !== 0 && { reservation: resources.MemoryReservation }),
    /* No limit at all where there is none on memory is nothing to set. */
    ...((resources.MemorySwap > 0 || (resources.MemorySwap < 0 && resources.Memory > 0)) && { swap: resources.MemorySwap }),
    ...(resources.MemorySwappiness !== null && resources.MemorySwappiness >= 0 && { swappiness: resources.MemorySwappiness }),
    disableOOMKiller: resources.OomKillDisable ?? false,
  };
}

/** `--cpus` is a quota on a period of 100 ms. Microseconds. */
function cpuOf(resources: Resources): NonNullable<OciResources['cpu']> {
  const period = resources.NanoCpus > 0 ? 100_000 : resources.CpuPeriod;
  const quota = resources.NanoCpus > 0 ? Math.round(resources.NanoCpus / 10_000) : resources.CpuQuota;
  return {
    ...(resources.CpuShares !== 0 && { shares: resources.CpuShares }),
    ...(quota !== 0 && { quota }),
    ...(period !== 0 && { period }),
    ...(resources.CpuRealtimePeriod !== 0 && { realtimePeriod: resources.CpuRealtimePeriod }),
    ...(resources.CpuRealtimeRuntime !== 0 && { realtimeRuntime: resources.CpuRealtimeRuntime }),
    ...(resources.CpusetCpus !== '' && { cpus: resources.CpusetCpus }),
    ...(resources.CpusetMems !== '' && { mems: resources.CpusetMems }),
  };
}

function blockIoOf(resources: Resources, numbers: DeviceNumbers): NonNullable<OciResources['blockIO']> {
  const throttles = (devices: ThrottleDevice[] | null): OciThrottle[] => (devices ?? []).map(({ Path, Rate }) => ({ ...numbers(Path), rate: Rate }));
  const limits = {
    ...(resources.BlkioWeight > 0 && { weight: resources.BlkioWeight }),
    throttleReadBpsDevice: throttles(resources.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttles(resources.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttles(resources.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttles(resources.BlkioDeviceWriteIOps),
    weightDevice: (resources.BlkioWeightDevice ?? []).map(({ Path, Weight }) => ({ ...numbers(Path), weight: Weight })),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => !Array.isArray(limit) || limit.length > 0));
}
