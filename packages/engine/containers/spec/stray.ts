/** Settings that clients of before API 1.18 write beside `HostConfig`: they count where that says nothing. */
import type { CreateContainerBody, HostConfig } from '#spec';

/** What the body says of the host, wherever it says it. */
export function hostConfigOf(body: CreateContainerBody): Partial<HostConfig> {
  const { Memory, MemorySwap, CpuShares, CpusetCpus, Cpuset, VolumeDriver } = body;
  const host = body.HostConfig ?? {};
  const stray = { Memory, MemorySwap, CpuShares, CpusetCpus: CpusetCpus || Cpuset, VolumeDriver };
  const missing = Object.entries(stray).filter(([name, value]) => value && !host[name as keyof typeof stray]);
  return { ...host, ...Object.fromEntries(missing) };
}
