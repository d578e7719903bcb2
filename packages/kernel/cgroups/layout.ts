/**
 * Which cgroup hierarchies this machine has: v1 (one mount for each controller or few), v2 (one for all), or hybrid (v1
 * beside a v2 that holds what is left). Read once; mounts of cgroupfs do not come and go.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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

let cached: CgroupLayout | undefined;

/** This machine's layout. */
export function cgroupLayout(): CgroupLayout {
  cached ??= parseCgroupLayout(readFileSync('/proc/self/mountinfo', 'utf8'), (path) => readFileSync(path, 'utf8'));
  return cached;
}

/** From the text of /proc/self/mountinfo (proc(5)); `read` reads v2's cgroup.controllers. Of several mounts the first counts. */
export function parseCgroupLayout(mountinfo: string, read: (path: string) => string): CgroupLayout {
  const v1 = new Map<string, V1Hierarchy>();
  let v2: V2Hierarchy | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const mountPoint = unescape(before.split(' ')[4] ?? '');
    if (type === 'cgroup2' && !v2) v2 = { mountPoint, controllers: read(join(mountPoint, 'cgroup.controllers')).trim().split(/\s+/).filter(Boolean) };
    if (type !== 'cgroup') continue;
    const controllers = options.split(',').filter((option) => !plainOptions.has(option) && !option.startsWith('release_agent='));
    const key = controllers.join(',');
    if (!v1.has(key)) v1.set(key, { controllers, mountPoint });
  }
  return { v1: [...v1.values()], v2 };
}

/** mountinfo writes blanks and backslashes in octal. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
