/**
 * Which cgroup hierarchies this machine has: v1 (one mount for each controller or few), v2 (one for all), or hybrid (v1
 * beside a v2 that holds what is left). Read once; mounts of cgroupfs do not come and go.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readOr } from '../parameters.ts';
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
  /** A part of v2's hierarchy: the cgroup that it is below, from the hierarchy's root. Null where an ordinary user has none. */
  readonly below?: string | null;
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
  const own = ownPath(cgroups);
  return firstDelegated(layout, own === undefined ? [] : [own.replace(new RegExp(`/${DAEMON_LEAF}$`), '') || '/'], read, writable);
}

/**
 * What the command line's containers have of it: beside the cgroup that this process is in, as runC places them, since one
 * that holds processes hands no limits down; below it where that alone is the user's.
 */
export function besideLayout(layout: CgroupLayout, cgroups: string, read: (path: string) => string, writable: (path: string) => boolean): CgroupLayout {
  const own = ownPath(cgroups);
  return firstDelegated(layout, own === undefined ? [] : [dirname(own), own], read, writable);
}

/** `besideLayout` of this process. */
export function layoutBeside(): CgroupLayout {
  const read = (path: string) => readFileSync(path, 'utf8');
  return besideLayout(parseCgroupLayout(read('/proc/self/mountinfo'), read), read('/proc/self/cgroup'), read, mayWrite);
}

function firstDelegated({ v2 }: CgroupLayout, paths: readonly string[], read: (path: string) => string, writable: (path: string) => boolean): CgroupLayout {
  const below = v2 && paths.find((path) => [path, join(path, 'cgroup.procs')].every((one) => writable(join(v2.mountPoint, one))));
  return below === undefined ? { v1: [], v2: undefined, below: null } : subtree(v2, below, read);
}

function subtree(v2: V2Hierarchy | undefined, below: string, read: (path: string) => string): CgroupLayout {
  if (!v2) return { v1: [], v2, below };
  const mountPoint = join(v2.mountPoint, below);
  return { v1: [], v2: { mountPoint, controllers: words(read(join(mountPoint, 'cgroup.controllers'))) }, below };
}

/** Of the text of /proc/self/cgroup; undefined where v2 is not mounted. */
const ownPath = (cgroups: string): string | undefined => /^0::(\/.*)$/m.exec(cgroups)?.[1];

/** v2's subtree below a cgroup that is somebody's own, whoever we are: `below` is its path from the root. It may have gone. */
export function layoutBelow(below: string): CgroupLayout {
  const read = (path: string) => readFileSync(path, 'utf8');
  return subtree(parseCgroupLayout(read('/proc/self/mountinfo'), read).v2, below, (file) => readOr(file, ''));
}

/** The layout that a record names by its `below`, whatever cgroup we are in by now. */
export function recordedLayout(below: CgroupLayout['below']): CgroupLayout {
  if (below === undefined) return cgroupLayout();
  return below === null ? { v1: [], v2: undefined, below } : layoutBelow(below);
}

/**
 * Whether this process may put one of its own into v2's cgroup at `path` from the root: the kernel asks for the cgroup.procs of
 * the nearest cgroup that both are below (cgroup-v2.rst, "Delegation Containment").
 */
export function mayEnter(path: string): boolean {
  const read = (file: string) => readFileSync(file, 'utf8');
  const { v2 } = parseCgroupLayout(read('/proc/self/mountinfo'), read);
  const own = ownPath(read('/proc/self/cgroup'));
  return v2 !== undefined && own !== undefined && mayWrite(join(v2.mountPoint, commonAncestor(own, path), 'cgroup.procs'));
}

/** Of two absolute paths. */
export function commonAncestor(one: string, other: string): string {
  const [words, others] = [one.split('/'), other.split('/')];
  const differ = words.findIndex((word, index) => word !== others[index]);
  return (differ < 0 ? words : words.slice(0, differ)).join('/') || '/';
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
