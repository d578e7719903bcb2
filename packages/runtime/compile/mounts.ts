/** `spec.mounts` and the root file system, as operations. */
import { posix } from 'node:path';
import { InvalidArgument, NotImplemented } from '#base';
import { MountFlag, type Operation } from '#shim';
import type { OciMount, OciSpec } from '#spec';
import { classicOptions, parseMountOptions, rootPropagation } from './options.ts';

/** Where the container's cgroups show up, for `type: cgroup` mounts. */
export interface CgroupView {
  readonly mode: 'v1' | 'v2';
  /** v1: each hierarchy's name inside (`cpu,cpuacct`), and the container's directory in it on the host. */
  readonly hierarchies: readonly { readonly name: string; readonly directory: string; readonly parameters: readonly string[] }[];
  /** Its own cgroup namespace: the hierarchies are mounted, not bound. */
  readonly namespaced: boolean;
}

/** Kernel file systems that must lie on a plain directory: a symlink there would undo the masks made later. */
const strict = new Set(['proc', 'sysfs']);
/** Longest option string mount(2) takes is a page with its NUL. */
const LONGEST_DATA = 4095;
const MS_SLAVE = 0x80000;
const MS_SHARED = 0x100000;
const MS_REC = 0x4000;

/**
 * Propagation of the host's mounts, and the root file system at `root`. Whatever is mounted from here on must not show
 * up on the host, so the host's mounts become slaves also where the container is to share some with it: the sources
 * of those binds are taken before.
 */
export function compileRoot(spec: OciSpec, root: string, mounts: readonly { type: string; source: string; options: readonly string[] }[]): Operation[] {
  const flags = rootPropagation(spec.linux?.rootfsPropagation);
  const shared = (flags & MS_SHARED) !== 0;
  const plan: Operation[] = shared ? takeSources(spec) : [];
  plan.push({ op: 'propagation', path: '/', flags: shared ? MS_SLAVE | MS_REC : flags });
  for (const mount of mounts) plan.push(classicMount(mount, root));
  if (mounts.length === 0) plan.push({ op: 'mount', source: root, target: root, type: 'bind', flags: 0x5000, data: '', directory: '' });
  plan.push({ op: 'root', path: root });
  return plan;
}

/** True when the sources of binds are taken before the host's mounts change. */
export function takesSources(spec: OciSpec): boolean {
  return (rootPropagation(spec.linux?.rootfsPropagation) & MS_SHARED) !== 0;
}

function takeSources(spec: OciSpec): Operation[] {
  return (spec.mounts ?? []).flatMap((mount) => {
    const { bind, recursiveBind } = parseMountOptions(mount.options ?? [], mount.destination);
    return bind ? [{ op: 'take', source: mount.source ?? '', flags: recursiveBind ? MountFlag.recursive : 0 } as const] : [];
  });
}

function classicMount(mount: { type: string; source: string; options: readonly string[] }, target: string): Operation {
  const { flags, data } = classicOptions(mount.options);
  const whole = data.join(',');
  const layers = data.find((option) => option.startsWith('lowerdir='));
  if (Buffer.byteLength(whole) <= LONGEST_DATA || !layers) {
    return { op: 'mount', source: mount.source, target, type: mount.type, flags, data: whole, directory: '' };
  }
  const directories = layers.slice('lowerdir='.length).split(':');
  const directory = commonDirectory(directories);
  const short = data.map((option) => (option === layers ? `lowerdir=${directories.map((d) => posix.relative(directory, d)).join(':')}` : option));
  return { op: 'mount', source: mount.source, target, type: mount.type, flags, data: short.join(','), directory };
}

function commonDirectory(paths: readonly string[]): string {
  let common = posix.dirname(paths[0] ?? '/');
  while (common !== '/' && !paths.every((path) => path.startsWith(`${common}/`))) common = posix.dirname(common);
  return common;
}

/** The operations of one entry of `spec.mounts`. */
export function compileMount(mount: OciMount, cgroups: CgroupView | undefined, taken: boolean): Operation[] {
  const destination = posix.resolve('/', mount.destination);
  const options = parseMountOptions(mount.options ?? [], destination);
  if (options.idmap !== 'none' || mount.uidMappings || mount.gidMappings) {
    throw new NotImplemented(`mount ${destination}: idmapped mounts are not implemented`);
  }
  if (mount.type === 'cgroup' || mount.type === 'cgroup2') return compileCgroupMount(mount, destination, cgroups);
  if (options.bind) return [bindMount(mount.source ?? '', destination, options, taken)];
  if (!mount.type) throw new InvalidArgument(`mount ${destination}: no type`);
  const flags = (options.copyUp ? MountFlag.copyUp : 0) | (strict.has(mount.type) ? MountFlag.strict : 0);
  return [fileSystem(mount.type, mount.source ?? mount.type, destination, options, flags)];
}

function bindMount(source: string, destination: string, options: ReturnType<typeof parseMountOptions>, taken = false): Operation {
  if (!posix.isAbsolute(source)) throw new InvalidArgument(`mount ${destination}: source "${source}" is not an absolute path`);
  const { set, clear, setAll, clearAll, propagation, propagationAll } = options;
  return { op: 'bind', destination, source, flags: (options.recursiveBind ? MountFlag.recursive : 0) | (taken ? MountFlag.taken : 0), set, clear, setAll, clearAll, propagation, propagationAll };
}

function fileSystem(type: string, source: string, destination: string, options: ReturnType<typeof parseMountOptions>, flags: number): Operation {
  const propagation = options.propagation || options.propagationAll;
  return { op: 'mount-fs', destination, type, source, flags, attributes: options.set | options.setAll, propagation, options: [...options.parameters] };
}

/** v2: the one hierarchy. v1: a tmpfs with a directory for each hierarchy and a symlink for each controller of a joint one. */
function compileCgroupMount(mount: OciMount, destination: string, cgroups: CgroupView | undefined): Operation[] {
  if (!cgroups) return [];
  const options = parseMountOptions(mount.options ?? [], destination);
  const bare = { ...options, parameters: [] };
  const into = (name: string) => posix.join(destination, name);
  if (cgroups.mode === 'v2') {
    const directory = cgroups.hierarchies[0]?.directory ?? '';
    return [cgroups.namespaced ? fileSystem('cgroup2', 'cgroup', destination, bare, 0) : bindMount(directory, destination, { ...bare, recursiveBind: true })];
  }
  const tmpfs = parseMountOptions(['nosuid', 'noexec', 'nodev', 'mode=755'], destination);
  const plan: Operation[] = [fileSystem('tmpfs', 'tmpfs', destination, tmpfs, 0)];
  for (const { name, directory, parameters } of cgroups.hierarchies) {
    if (cgroups.namespaced) plan.push(fileSystem('cgroup', 'cgroup', into(name), { ...bare, parameters }, 0));
    else plan.push(bindMount(directory, into(name), bare));
    const controllers = name.split(',');
    if (controllers.length > 1) for (const controller of controllers) plan.push({ op: 'symlink', target: name, path: into(controller) });
  }
  return plan;
}
