/** This machine, as limits are checked against it. Read once. */
import { existsSync, readFileSync } from 'node:fs';
import { tolerating } from '#base';
import { cgroupLayout, isHostRoot, processorCount } from '#kernel';
import { supportsAppArmor } from '#supervisor';
import type { Machine } from './spec/validate-resources.ts';

let known: Machine | undefined;

/** cgroup version 2 when the unified hierarchy is the one at /sys/fs/cgroup (cgroup-v2.rst), and for an ordinary user, who has only what was delegated to him. */
export function machine(): Machine {
  return (known ??= read());
}

function read(): Machine {
  if (!isHostRoot()) return machineOfV2(cgroupLayout().v2?.controllers ?? []);
  if (!existsSync('/sys/fs/cgroup/cgroup.controllers')) return machineOfV1();
  return machineOfV2(readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim().split(/\s+/));
}

const own = { cpus: processorCount(), apparmor: supportsAppArmor() };

function machineOfV1(): Machine {
  const has = (controller: string, ...files: readonly string[]): boolean => files.some((file) => existsSync(`/sys/fs/cgroup/${controller}/${file}`));
  return {
    ...own,
    cgroupVersion: 1,
    memory: has('memory', 'memory.limit_in_bytes'),
    swap: has('memory', 'memory.memsw.limit_in_bytes'),
    swappiness: has('memory', 'memory.swappiness'),
    kernelMemoryTcp: has('memory', 'memory.kmem.tcp.limit_in_bytes'),
    oomKillDisable: has('memory', 'memory.oom_control'),
    pids: has('pids', 'cgroup.procs'),
    cpuShares: has('cpu', 'cpu.shares'),
    cpuQuota: has('cpu', 'cpu.cfs_quota_us'),
    cpuRealtime: has('cpu', 'cpu.rt_runtime_us'),
    cpuset: has('cpuset', 'cpuset.cpus'),
    blkioWeight: has('blkio', 'blkio.weight', 'blkio.bfq.weight'),
    blkioWeightDevice: has('blkio', 'blkio.weight_device', 'blkio.bfq.weight_device'),
    blkioThrottle: has('blkio', 'blkio.throttle.read_bps_device'),
  };
}

function machineOfV2(names: readonly string[]): Machine {
  const controllers = new Set(names);
  const scheduler = hasBfq();
  return {
    ...own,
    cgroupVersion: 2,
    memory: controllers.has('memory'),
    swap: controllers.has('memory'),
    swappiness: false,
    kernelMemoryTcp: false,
    oomKillDisable: false,
    pids: controllers.has('pids'),
    cpuShares: controllers.has('cpu'),
    cpuQuota: controllers.has('cpu'),
    cpuRealtime: false,
    cpuset: controllers.has('cpuset'),
    blkioWeight: controllers.has('io'),
    blkioWeightDevice: controllers.has('io') && scheduler,
    blkioThrottle: controllers.has('io'),
  };
}

/** Weights of single devices are bfq's alone on v2. */
function hasBfq(): boolean {
  return tolerating(['ENOENT'], false, () => readFileSync('/proc/modules', 'utf8').includes('bfq ') || existsSync('/sys/module/bfq'));
}
