/** Limits that nothing on this machine can hold: refused by name, since a limit that is passed over is none. */
import { InvalidArgument } from '#base';
import type { OciResources } from '#spec';
import type { CgroupLayout } from './layout.ts';

/** Throws InvalidArgument with the first such field's name. */
export function refuseUnheld(resources: OciResources, { v1, v2 }: CgroupLayout): void {
  const inV1 = new Set(v1.flatMap(({ controllers }) => controllers));
  const held = (name: string, inV2 = name) => inV1.has(name) || (v2?.controllers.includes(inV2) ?? false);
  const { memory = {}, cpu = {}, pids, blockIO = {}, network, rdma, hugepageLimits, unified } = resources;
  const leaves = blockIO.leafWeight || blockIO.weightDevice?.some(({ leafWeight }) => leafWeight);
  const asked: [field: string, value: unknown, can: boolean][] = [
    ['memory.limit', memory.limit, held('memory')],
    ['memory.reservation', memory.reservation, held('memory')],
    ['memory.swap', memory.swap, held('memory')],
    ['memory.kernel', memory.kernel, false], // the kernel takes it, and has done nothing with it since 5.16
    ['memory.kernelTCP', memory.kernelTCP, inV1.has('memory')],
    ['memory.swappiness', memory.swappiness !== undefined && memory.swappiness <= 100, inV1.has('memory')],
    ['memory.disableOOMKiller', memory.disableOOMKiller, inV1.has('memory')],
    ['memory.useHierarchy=false', memory.useHierarchy === false, false],
    ['cpu', cpu.shares || cpu.quota || cpu.period || cpu.burst || cpu.idle, held('cpu')],
    ['cpu.realtimeRuntime', cpu.realtimeRuntime, inV1.has('cpu')],
    ['cpu.realtimePeriod', cpu.realtimePeriod, inV1.has('cpu')],
    ['cpu.cpus', cpu.cpus || cpu.mems, held('cpuset')],
    ['pids.limit', pids?.limit, held('pids')],
    ['blockIO', blockIO.weight || blockIO.weightDevice?.length || blockIO.throttleReadBpsDevice?.length || blockIO.throttleWriteBpsDevice?.length, held('blkio', 'io')],
    ['blockIO.leafWeight', leaves, inV1.has('blkio')],
    ['hugepageLimits', hugepageLimits?.length, held('hugetlb')],
    ['network.classID', network?.classID, inV1.has('net_cls')],
    ['network.priorities', network?.priorities?.length, inV1.has('net_prio')],
    ['rdma', rdma && Object.keys(rdma).length, held('rdma')],
    ...Object.keys(unified ?? {}).map((file): [string, unknown, boolean] => [`unified["${file}"]`, true, v2 !== undefined && isFileOf(file, v2.controllers)]),
  ];
  const refused = asked.find(([, value, can]) => value && !can);
  if (refused && v1.length === 0 && !v2) throw new InvalidArgument(`rootless needs no limits + no cgrouppath when no permission is granted for cgroups: linux.resources.${refused[0]} cannot be held`); // runC's words
  if (refused) throw new InvalidArgument(`invalid configuration: linux.resources.${refused[0]}: no cgroup controller on this machine does it`);
}

/** A file's name, and of a controller that v2 has, or of its core. */
function isFileOf(file: string, controllers: readonly string[]): boolean {
  const [controller = ''] = file.split('.');
  return /^[\w.-]+$/.test(file) && (controller === 'cgroup' || controllers.includes(controller));
}
