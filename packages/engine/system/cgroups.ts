/**
 * Which limits this machine's kernel can set, read from its cgroup mounts once at start. Version 2 alone counts as 2; a
 * hybrid of both, whose controllers are version 1's, as 1 (runtime-spec config-linux.md, "Control groups").
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupLayout, isHostRoot } from '#kernel';

export interface CgroupFacts {
  /** None for an ordinary user to whom nothing was delegated. */
  readonly driver: 'cgroupfs' | 'none';
  readonly version: '1' | '2';
  readonly memory: boolean;
  readonly swap: boolean;
  readonly kernelMemory: boolean;
  readonly kernelMemoryTcp: boolean;
  readonly oomKillDisable: boolean;
  readonly cpuShares: boolean;
  readonly cpuQuota: boolean;
  readonly cpuset: boolean;
  readonly pids: boolean;
}

/** What this daemon can set: for the host's root all that is mounted, for others what was delegated to them. */
export function ownCgroupFacts(): CgroupFacts {
  if (isHostRoot()) return cgroupFacts();
  const { v2 } = cgroupLayout();
  const facts = versionTwo(v2?.mountPoint, existsSync, (path) => readFileSync(path, 'utf8'));
  return v2 ? facts : { ...facts, driver: 'none', version: cgroupFacts().version };
}

/** Reads `mountInfo` (/proc/self/mountinfo) and the files of what is mounted there; `exists` and `read` stand in for them in tests. */
export function cgroupFacts(
  mountInfo: string = readFileSync('/proc/self/mountinfo', 'utf8'),
  exists: (path: string) => boolean = existsSync,
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): CgroupFacts {
  const { controllers, unified } = mounts(mountInfo);
  return controllers.size > 0 ? versionOne(controllers, exists) : versionTwo(unified, exists, read);
}

interface Mounts {
  /** Controller to mount point, version 1. */
  readonly controllers: ReadonlyMap<string, string>;
  readonly unified: string | undefined;
}

function mounts(mountInfo: string): Mounts {
  const controllers = new Map<string, string>();
  let unified: string | undefined;
  for (const line of mountInfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4] ?? '';
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') unified = point;
    if (type === 'cgroup') for (const name of options.split(',')) if (!named(name)) controllers.set(name, point);
  }
  return { controllers, unified };
}

/** What is not a controller: mount flags and hierarchies that only have a name. */
function named(option: string): boolean {
  return option === 'rw' || option === 'ro' || option.includes('=') || option === 'xattr';
}

function versionOne(controllers: ReadonlyMap<string, string>, exists: (path: string) => boolean): CgroupFacts {
  const has = (controller: string, file: string): boolean => {
    const point = controllers.get(controller);
    return point !== undefined && exists(join(point, file));
  };
  return {
    driver: 'cgroupfs',
    version: '1',
    memory: has('memory', 'memory.limit_in_bytes'),
    swap: has('memory', 'memory.memsw.limit_in_bytes'),
    kernelMemory: has('memory', 'memory.kmem.limit_in_bytes'),
    kernelMemoryTcp: has('memory', 'memory.kmem.tcp.limit_in_bytes'),
    oomKillDisable: has('memory', 'memory.oom_control'),
    cpuShares: has('cpu', 'cpu.shares'),
    cpuQuota: has('cpu', 'cpu.cfs_quota_us'),
    cpuset: controllers.has('cpuset'),
    pids: controllers.has('pids'),
  };
}

function versionTwo(point: string | undefined, exists: (path: string) => boolean, read: (path: string) => string): CgroupFacts {
  const list = point === undefined ? '' : join(point, 'cgroup.controllers');
  const controllers = new Set(list !== '' && exists(list) ? read(list).trim().split(/\s+/) : []);
  const memory = controllers.has('memory');
  return {
    driver: 'cgroupfs',
    version: '2',
    memory,
    swap: memory,
    kernelMemory: false,
    kernelMemoryTcp: false,
    oomKillDisable: false,
    cpuShares: controllers.has('cpu'),
    cpuQuota: controllers.has('cpu'),
    cpuset: controllers.has('cpuset'),
    pids: controllers.has('pids'),
  };
}
