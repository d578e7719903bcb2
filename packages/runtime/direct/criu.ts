/**
 * Checkpoint and restore, which CRIU does (criu(8)): what it is told of a container. Everything that the container does
 * not own is external to it, by the name of its place inside: bind mounts, the files behind its masks, devices, network
 * and pid namespaces that were joined. Network devices are not its business, as they are not runC's. Pure.
 */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import type { OciNamespaceType, OciSpec } from '#spec';
import { devicesOf } from '../compile/devices.ts';
import type { CgroupView } from '../compile/mounts.ts';

/** What both commands are asked for; each is CRIU's own option of that name. */
export interface CriuOptions {
  /** Where the images are, and where logs go. */
  readonly images: string;
  readonly work: string;
  /** `--tcp-established`, `--shell-job` …, passed on. */
  readonly switches: readonly string[];
  /** soft, full, strict … */
  readonly manageCgroups: string;
}

/** What a container stands in, which its spec alone does not tell. */
export interface Surroundings {
  /** Its cgroups as `type: cgroup` mounts show them. */
  readonly cgroups: CgroupView | undefined;
  /** A destination with the links that lead to it followed inside the root. */
  place(destination: string): string;
  /** How packets are held back meanwhile: CRIU's own way where undefined. */
  readonly networkLock: string | undefined;
  /** Options of the administrator's, as words; they come last and win. */
  readonly configured: readonly string[];
}

export interface DumpOptions extends CriuOptions {
  readonly pid: number;
  /** The v1 freezer's or the v2 directory of the container. */
  readonly freezer: string;
  /** Memory alone, the container goes on: to be followed by a dump whose parent it is. */
  readonly preDump: boolean;
  readonly parent: string | undefined;
  /** Open in CRIU by that number: gets a zero byte when the page server listens. */
  readonly statusFd: number | undefined;
  readonly pageServer: { readonly address: string; readonly port: string } | undefined;
  /** Masked paths that are files. */
  readonly maskedFiles: readonly string[];
  /** Of the network and the pid namespace, where they were joined by path. */
  readonly inodes: Readonly<Partial<Record<OciNamespaceType, number>>>;
}

/** What CRIU calls the namespaces that it takes as they are, and those that it joins. */
const externalNamespaces = { network: ['net', 'extRootNetNS'], pid: ['pid', 'extRootPidNS'] } as const;
const joinedNamespaces: Partial<Record<OciNamespaceType, string>> = { mount: 'mnt', ipc: 'ipc', uts: 'uts', user: 'user', time: 'time' };
const externalTypes = ['network', 'pid'] as const;
/** First descriptor of namespaces that a restore takes: below it is what CRIU has anyway. */
const FIRST_NAMESPACE_FD = 8;
const NULL_DEVICE = '/dev/null';

/** `criu dump` of the container of `spec`. */
export function dumpArguments(spec: OciSpec, options: DumpOptions, surroundings: Surroundings): string[] {
  const { pid, freezer, preDump, parent, statusFd, pageServer, maskedFiles, inodes } = options;
  const { networkLock, configured } = surroundings;
  return [
    preDump ? 'pre-dump' : 'dump',
    ...commonArguments(options, spec.root?.path ?? '', 'dump.log'),
    '--tree', String(pid), '--freeze-cgroup', freezer,
    ...(networkLock ? ['--network-lock', networkLock] : []),
    ...(preDump || parent ? ['--track-mem'] : []),
    ...(parent ? ['--prev-images-dir', parent] : []),
    ...(statusFd === undefined ? [] : ['--status-fd', String(statusFd)]),
    ...(pageServer ? ['--page-server', '--address', pageServer.address, '--port', pageServer.port] : []),
    ...externals(spec, surroundings).flatMap(({ inside }) => ['--external', `mnt[${inside}]:${inside}`]),
    ...maskedFiles.flatMap((path) => ['--external', `mnt[${path}]:${NULL_DEVICE}`]),
    ...externalTypes.flatMap((type) => (inodes[type] === undefined ? [] : ['--external', `${externalNamespaces[type][0]}[${inodes[type]}]:${externalNamespaces[type][1]}`])),
    ...configured,
  ];
}

export interface RestoreOptions extends CriuOptions {
  /** A mount of the container's root that has nothing mounted in it. */
  readonly mountedRoot: string;
  readonly pidFile: string;
  readonly cgroup: string;
  /** What stood behind stdin, stdout and stderr at the dump: pipes of that time are ours now. */
  readonly descriptors: readonly string[];
}

/** `criu restore` into a container of `spec`. */
export function restoreArguments(spec: OciSpec, options: RestoreOptions, surroundings: Surroundings): string[] {
  const { mountedRoot, pidFile, cgroup, descriptors } = options;
  return [
    'restore',
    ...commonArguments(options, mountedRoot, 'restore.log'),
    '--restore-detached', '--evasive-devices', '--pidfile', pidFile, '--cgroup-root', cgroup,
    ...externals(spec, surroundings).flatMap(({ inside, source }) => ['--external', `mnt[${inside}]:${source}`]),
    ...inheritedNamespaces(spec).flatMap(({ fd, key }) => ['--inherit-fd', `fd[${fd}]:${key}`]),
    ...joinArguments(spec),
    ...descriptors.flatMap((name, fd) => (/^(?:pipe|socket):/.test(name) ? ['--inherit-fd', `fd[${fd}]:${name}`] : [])),
    ...surroundings.configured,
  ];
}

/** Namespaces that a restore is given open: the container was in them by path. */
export function inheritedNamespaces(spec: OciSpec): { readonly fd: number; readonly key: string; readonly path: string }[] {
  return externalTypes.flatMap((wanted, index) => {
    const path = spec.linux?.namespaces?.find(({ type }) => type === wanted)?.path;
    return path ? [{ fd: FIRST_NAMESPACE_FD + index, key: externalNamespaces[wanted][1], path }] : [];
  });
}

/** Throws InvalidArgument in runC's words for a cgroup namespace, which CRIU joins none of. */
function joinArguments(spec: OciSpec): string[] {
  return (spec.linux?.namespaces ?? []).flatMap(({ type, path }) => {
    if (!path || type === 'network' || type === 'pid') return [];
    const name = joinedNamespaces[type];
    if (!name) throw new InvalidArgument(`Do not know how to handle namespace NEW${type.toUpperCase()}`);
    return ['--join-ns', `${name}:${path}`];
  });
}

function commonArguments({ images, work, switches, manageCgroups }: CriuOptions, root: string, log: string): string[] {
  return ['--images-dir', images, '--work-dir', work, '--log-file', log, '-v4', '--root', root, `--manage-cgroups=${manageCgroups}`, '--empty-ns', 'net', ...switches];
}

interface External {
  /** Its place in the container, which is also its name in the images. */
  readonly inside: string;
  /** On the host, at the restore. */
  readonly source: string;
}

function externals(spec: OciSpec, { cgroups, place }: Surroundings): External[] {
  return [
    ...(spec.mounts ?? []).filter(isBind).map(({ destination, source = '' }) => ({ inside: place(posix.resolve('/', destination)), source })),
    ...cgroupBinds(spec, cgroups),
    ...devicesOf(spec).map(({ path }) => ({ inside: path, source: path })), // the null device is behind masks too
  ];
}

export function isBind({ type, options }: { readonly type?: string; readonly options?: readonly string[] }): boolean {
  return type === 'bind' || (options?.some((option) => option === 'bind' || option === 'rbind') ?? false);
}

/** In a cgroup namespace of its own the hierarchies are mounted rather than bound. */
function cgroupBinds(spec: OciSpec, cgroups: CgroupView | undefined): External[] {
  if (!cgroups || cgroups.namespaced) return [];
  const mounts = (spec.mounts ?? []).filter(({ type }) => type === 'cgroup' || type === 'cgroup2');
  return mounts.flatMap(({ destination }) => cgroups.hierarchies.map(({ name, directory }) => ({ inside: posix.join('/', destination, name), source: directory })));
}

/** A configuration file of CRIU's (criu(8), "CONFIGURATION FILES") as words of a command line. */
export function parseCriuConfig(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const words = [...line.replace(/(^|\s)#.*$/, '').matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|[^\s=]+/g)].map(([whole, double, single]) => double?.replace(/\\(.)/g, '$1') ?? single ?? whole);
    const [name, ...values] = words;
    return name ? [`--${name}`, ...values] : [];
  });
}
