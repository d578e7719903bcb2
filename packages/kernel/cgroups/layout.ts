/**
 * Which cgroup hierarchies this machine has: v1 (one mount for each controller or few), v2 (one for all), or hybrid (v1
 * beside a v2 that holds what is left). Read once; mounts of cgroupfs do not come and go.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isHostRoot } from '../user-namespace.ts';

export interface V1Hierarchy {
  /** `cpu`, `cpuacct`, … or `name=systemd`. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
}

export interface V2Hierarchy {
  readonly mountPoint: string;
  readonly controllers: readonly string[];
}

export interface CgroupLayout {
  readonly v1: readonly V1Hierarchy[];
  readonly v2: V2Hierarchy | undefined;
}

/** Options of a v1 mount that are no controllers. */
const plainOptions = new Set(['rw', 'ro', 'noprefix', 'clone_children', 'xattr', 'cpuset_v2_mode', 'nosuid', 'nodev', 'noexec', 'relatime', 'favordynmods', 'nofavordynmods', 'all', 'none']);

/** Where the daemon itself lies in a cgroup that was delegated to it. */
export const DAEMON_LEAF = 'naru-daemon';

let cached: CgroupLayout | undefined;

/** This machine's layout; of it what was delegated to us, where we are not the host's own root. */
export function cgroupLayout(): CgroupLayout {
  cached ??= readLayout();
  return cached;
}

function readLayout(): CgroupLayout {
  const read = (path: string) => readFileSync(path, 'utf8');
  const layout = parseCgroupLayout(read('/proc/self/mountinfo'), read);
  return isHostRoot() ? layout : delegatedLayout(layout, read('/proc/self/cgroup'), read, mayWrite);
}

/**
 * What an ordinary user has of a layout: v2's subtree below the cgroup that this process is in, where that was delegated
 * (cgroup-v2.rst, "Delegation": the directory and its cgroup.procs are the user's). v1 is not safely delegated, and is
 * left alone. `cgroups` is the text of /proc/self/cgroup.
 */
export function delegatedLayout(layout: CgroupLayout, cgroups: string, read: (path: string) => string, writable: (path: string) => boolean): CgroupLayout {
  const own = /^0::(\/.*)$/m.exec(cgroups)?.[1];
  if (!layout.v2 || own === undefined) return { v1: [], v2: undefined };
  const mountPoint = join(layout.v2.mountPoint, own.replace(new RegExp(`/${DAEMON_LEAF}$`), ''));
  if (![mountPoint, join(mountPoint, 'cgroup.procs')].every(writable)) return { v1: [], v2: undefined };
  return { v1: [], v2: { mountPoint, controllers: words(read(join(mountPoint, 'cgroup.controllers'))) } };
}

/** v2's subtree below a cgroup that is somebody's own, whoever we are: `controlGroup` is its path from the root. */
export function layoutBelow(controlGroup: string): CgroupLayout {
  const read = (path: string) => readFileSync(path, 'utf8');
  const { v2 } = parseCgroupLayout(read('/proc/self/mountinfo'), read);
  if (!v2) return { v1: [], v2 };
  const mountPoint = join(v2.mountPoint, controlGroup);
  return { v1: [], v2: { mountPoint, controllers: words(read(join(mountPoint, 'cgroup.controllers'))) } };
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // whatever the reason, it is not ours
  }
}

/** From the text of /proc/self/mountinfo (proc(5)); `read` reads v2's cgroup.controllers. Of several mounts the first counts. */
export function parseCgroupLayout(mountinfo: string, read: (path: string) => string): CgroupLayout {
  const v1 = new Map<string, V1Hierarchy>();
  let v2: V2Hierarchy | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const mountPoint = unescape(before.split(' ')[4] ?? '');
    if (type === 'cgroup2' && !v2) v2 = { mountPoint, controllers: words(read(join(mountPoint, 'cgroup.controllers'))) };
    if (type !== 'cgroup') continue;
    const controllers = options.split(',').filter((option) => !plainOptions.has(option) && !option.startsWith('release_agent='));
    const key = controllers.join(',');
    if (!v1.has(key)) v1.set(key, { controllers, mountPoint });
  }
  return { v1: [...v1.values()], v2 };
}

function words(text: string): string[] {
  return text.trim().split(/\s+/).filter(Boolean);
}

/** mountinfo writes blanks and backslashes in octal. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
