/** `spec.mounts` and the root file system, as operations. */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import { classicOptions } from '#kernel';
import { MountFlag, type Operation } from '#shim';
import type { OciMount, OciSpec } from '#spec';
import { contextOf } from './labels.ts';
import { idMapText } from './namespaces.ts';
import { parseMountOptions, RDONLY, rootPropagation, type MountOptions } from './options.ts';

/** Where the container's cgroups show up, for `type: cgroup` mounts. */
export interface CgroupView {
  readonly mode: 'v1' | 'v2';
  /** v1: each hierarchy's name inside (`cpu,cpuacct`), and the container's directory in it on the host. */
  readonly hierarchies: readonly { readonly name: string; readonly directory: string; readonly parameters: readonly string[] }[];
  /** Its own cgroup namespace: the hierarchies are mounted, not bound. */
  readonly namespaced: boolean;
}

export interface RootMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** Kernel file systems that must lie on a plain directory: a symlink there would undo the masks made later. */
const strict = new Set(['proc', 'sysfs']);
/** Their files are labelled one by one: the kernel takes no label for all of them. Of a message queues' file system the root is given one. */
const ownLabels = new Set(['proc', 'sysfs', 'mqueue']);
/** A tmpfs's, which that of the directory below takes the place of. */
const DEFAULT_MODE = 'mode=1777';
/** Of a whole file system too, but known to all: beside a bind, which changes none, they say nothing. */
const ofSuperblock = new Set(['sync', 'dirsync', 'lazytime', 'mand']);
/** Longest option string mount(2) takes is a page with its NUL. */
const LONGEST_DATA = 4095;
/** What fsconfig(2) takes of one parameter. */
const LONGEST_VALUE = 255;
const MS_SHARED = 0x100000;
const MS_PRIVATE = 0x40000;
const MS_UNBINDABLE = 0x20000;
const MS_REC = 0x4000;
const SLAVES = 0x84000; // MS_SLAVE | MS_REC
const REBIND = 0x5000; // MS_BIND | MS_REC

/**
 * Propagation of the host's mounts, all of them. Whatever is mounted from here on must not show up on the host, so they become
 * slaves also where the container is to share some with it: the sources of those binds are taken before.
 */
export function compilePropagation(spec: OciSpec): Operation {
  const flags = rootPropagation(spec.linux?.rootfsPropagation);
  return { op: 'propagation', path: '/', flags: flags & MS_PRIVATE ? MS_PRIVATE | MS_REC : SLAVES };
}

/** What the container's own root has of it, once that is `/`. A slave or a private mount it is by then. */
export function compileRootPropagation(spec: OciSpec): Operation[] {
  const flags = rootPropagation(spec.linux?.rootfsPropagation);
  return flags & (MS_SHARED | MS_UNBINDABLE) ? [{ op: 'propagation', path: '/', flags }] : [];
}

/** True when the sources of binds must be had before the container's namespaces are made, while the host's mounts are still shared. */
export function takesEarly(spec: OciSpec): boolean {
  return (rootPropagation(spec.linux?.rootfsPropagation) & MS_SHARED) !== 0;
}

/** The root file system at `root`, which must be a mount of its own for pivot_root. */
export function compileRootMounts(root: string, mounts: readonly RootMount[], label = ''): Operation[] {
  return mounts.length > 0 ? mounts.map((mount) => classicMount(labelled(mount, label), root)) : [rebind(root)];
}

/** The quotes are mount(2)'s: a label can have commas. What is bound keeps the labels that it has. */
function labelled(mount: RootMount, label: string): RootMount {
  return label && mount.type === 'overlay' ? { ...mount, options: [...mount.options, `context="${label}"`] } : mount;
}

/** Mounts a directory onto itself. */
export function rebind(root: string): Operation {
  return { op: 'mount', source: root, target: root, type: 'bind', flags: REBIND, data: '', directory: '' };
}

function classicMount(mount: RootMount, target: string): Operation {
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

/** All of `spec.mounts`: what takes sources ahead, and what puts everything in its place. */
export interface CompiledMounts {
  readonly take: readonly Operation[];
  readonly place: readonly Operation[];
}

/**
 * Takes the sources of binds `ahead`, but those in the container's own root: what other mounts of it have put there is wanted.
 */
export function compileMounts(spec: OciSpec, cgroups: CgroupView | undefined, { root, ahead }: { readonly root: string; readonly ahead: boolean }): CompiledMounts {
  const sequence = (spec.mounts ?? []).flatMap((mount) => compileMount(mount, cgroups, spec));
  const takes = sequence.filter((operation): operation is Take => operation.op === 'take');
  const take = ahead ? takes.filter(({ source }) => !source.startsWith(`${root}/`)) : [];
  const early = new Set<Operation>(take);
  const numbers = new Map([...take, ...takes.filter((one) => !early.has(one))].map((one, number): [Operation | undefined, number] => [one, number]));
  const numbered = sequence.map((operation, at) => (operation.op === 'attach' ? { ...operation, taken: numbers.get(sequence[at - 1]) ?? 0 } : operation));
  return { take, place: numbered.filter((operation) => !early.has(operation)) };
}

type Take = Operation & { readonly op: 'take' };

function compileMount(mount: OciMount, cgroups: CgroupView | undefined, spec: OciSpec): Operation[] {
  const label = spec.linux?.mountLabel;
  const destination = posix.resolve('/', mount.destination);
  if (destination === '/') throw new InvalidArgument(`mount ${JSON.stringify(mount.destination)}: nothing can be mounted on the root itself`);
  const options = parseMountOptions(mount.options ?? [], destination);
  if (mount.type === 'cgroup' || mount.type === 'cgroup2') return compileCgroupMount(destination, options, cgroups, label);
  if (options.bind || mount.type === 'bind') return bindMount(mount.source ?? '', destination, options, mapsOf(mount, spec));
  if (mount.uidMappings || options.idmap !== 'none') throw new InvalidArgument(`mount ${destination}: only bind mounts can be id-mapped`);
  if (!mount.type) throw new InvalidArgument(`mount ${destination}: no type`);
  const plain = fileSystem(mount.type, mount.source ?? mount.type, destination, mount.type === 'tmpfs' ? { ...options, set: options.set & ~RDONLY } : options, ownLabels.has(mount.type) ? undefined : label);
  return mount.type === 'mqueue' && label ? [plain, { op: 'relabel', path: destination, label }] : [plain];
}

/** A tmpfs is read-only only once everything that lies in it (devices, points of other mounts) has been made. */
export function compileReadonlyMounts(spec: OciSpec): Operation[] {
  const late = (spec.mounts ?? []).filter(({ type, destination, options = [] }) => type === 'tmpfs' && (parseMountOptions(options, destination).set & RDONLY) !== 0n);
  return late.map(({ destination }) => ({ op: 'attributes', path: posix.resolve('/', destination), set: RDONLY, propagation: 0, recursive: 0 }));
}

/** As `take` has them; a namespace's path alone has both. */
interface Maps {
  readonly uidMap: string;
  readonly gidMap: string;
}

/** Who keeps the host's rights to map ids by, where any are to be. Throws InvalidArgument for an `ordinary` user, who has none, in runC's words. */
export function compileMapper(spec: OciSpec, ordinary: boolean): Operation[] {
  if (!spec.mounts?.some((mount) => mapsOf(mount, spec))) return [];
  if (ordinary) throw new InvalidArgument('id-mapped mounts are not supported for rootless containers');
  return [{ op: 'mount-mapper' }];
}

/** What a mount's ids are mapped by: where it is to be and does not say, as the container's own. Throws InvalidArgument for half a map, in runC's words. */
function mapsOf({ uidMappings, gidMappings, options = [] }: OciMount, { linux }: OciSpec): Maps | undefined {
  if (Boolean(uidMappings?.length) !== Boolean(gidMappings?.length)) throw new InvalidArgument('id-mapped mounts must have both uid and gid mappings specified');
  if (uidMappings?.length) return { uidMap: idMapText(uidMappings), gidMap: idMapText(gidMappings) };
  if (!options.includes('idmap') && !options.includes('ridmap')) return undefined;
  const joined = linux?.namespaces?.find(({ type }) => type === 'user')?.path;
  if (joined) return { uidMap: joined, gidMap: '' };
  return linux?.uidMappings?.length ? { uidMap: idMapText(linux.uidMappings), gidMap: idMapText(linux.gidMappings) } : undefined;
}

function bindMount(source: string, destination: string, options: MountOptions, maps?: Maps): Operation[] {
  if (!posix.isAbsolute(source)) throw new InvalidArgument(`mount ${destination}: source "${source}" is not an absolute path`);
  const { set, clear, setAll, clearAll, propagation, propagationAll, recursiveBind, idmap, parameters } = options;
  if (parameters.some((name) => !ofSuperblock.has(name))) throw new InvalidArgument(`mount ${destination}: bind mounts cannot have any filesystem-specific options applied`);
  if (idmap !== 'none' && !maps) throw new InvalidArgument(`mount ${destination}: an id-mapped mount needs uidMappings and gidMappings`);
  const flags = (recursiveBind ? MountFlag.recursive : 0) | (idmap === 'all' ? MountFlag.mapAll : 0);
  return [
    { op: 'take', source, flags, set, clear, setAll, clearAll, propagation, propagationAll, ...(maps ?? { uidMap: '', gidMap: '' }) },
    { op: 'attach', destination, taken: 0 }, // compileMounts numbers it
  ];
}

function fileSystem(type: string, source: string, destination: string, options: MountOptions, label?: string): Operation {
  const propagation = options.propagation || options.propagationAll;
  const parameters = type === 'overlay' ? options.parameters.flatMap(lowersApart) : options.parameters;
  const keepsMode = type === 'tmpfs' && !options.parameters.some((parameter) => parameter.startsWith('mode='));
  const flags = (options.copyUp ? MountFlag.copyUp : 0) | (strict.has(type) ? MountFlag.strict : 0) | (keepsMode ? MountFlag.keepMode : 0);
  return { op: 'mount-fs', destination, type, source, flags, attributes: options.set | options.setAll, propagation, options: [...parameters, ...contextOf(label), ...(keepsMode ? [DEFAULT_MODE] : [])] };
}

/** Lower directories of overlay that are longer than a value for fsconfig(2) may be go one by one (Linux 6.8), without what kept them apart. */
function lowersApart(parameter: string): string[] {
  const [, directories] = /^lowerdir=(?!.*::)(.*)$/s.exec(parameter) ?? [];
  if (directories === undefined || Buffer.byteLength(directories) <= LONGEST_VALUE) return [parameter];
  return (directories.match(/(?:\\[^]|[^:\\])+/g) ?? []).map((directory) => `lowerdir+=${directory.replace(/\\([^])/g, '$1')}`);
}

/** v2: the one hierarchy. v1: a tmpfs with a directory for each hierarchy and a symlink for each controller of a joint one. */
function compileCgroupMount(destination: string, options: MountOptions, cgroups: CgroupView | undefined, label: string | undefined): Operation[] {
  if (!cgroups) return [];
  const bare = { ...options, parameters: [] };
  const into = (name: string) => posix.join(destination, name);
  if (cgroups.mode === 'v2') {
    const directory = cgroups.hierarchies[0]?.directory ?? '';
    return cgroups.namespaced ? [fileSystem('cgroup2', 'cgroup', destination, bare)] : bindMount(directory, destination, { ...bare, recursiveBind: true });
  }
  const tmpfs = parseMountOptions(['nosuid', 'noexec', 'nodev', 'mode=755'], destination);
  const plan: Operation[] = [fileSystem('tmpfs', 'tmpfs', destination, tmpfs, label)];
  for (const { name, directory, parameters } of cgroups.hierarchies) {
    if (cgroups.namespaced) plan.push(fileSystem('cgroup', 'cgroup', into(name), { ...bare, parameters }));
    else plan.push(...bindMount(directory, into(name), bare));
    const controllers = name.split(',');
    if (controllers.length > 1) for (const controller of controllers) plan.push({ op: 'symlink', target: name, path: into(controller) });
  }
  return plan;
}
