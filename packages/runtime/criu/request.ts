/**
 * Checkpoint and restore, which CRIU does: what it is told of a container (its images/rpc.proto; criu(8) says what each
 * means). Everything that the container does not own is external to it, by the name of its place inside: bind mounts, the
 * files behind its masks, devices, network and pid namespaces that were joined. Network devices are not its business, as
 * they are not runC's. Pure.
 */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import type { OciNamespaceType, OciSpec } from '#spec';
import { devicesOf } from '../compile/devices.ts';
import type { CgroupView } from '../compile/mounts.ts';
import type { ProtoFields } from './protobuf.ts';
import { CriuVerb } from './service.ts';

/** Fields of criu_opts that are on or off, by the name of the flag. */
export const switchFields = { 'leave-running': 3, 'ext-unix-sk': 4, 'tcp-established': 5, 'shell-job': 7, 'file-locks': 8, 'auto-dedup': 16, 'lazy-pages': 48 } as const;
export type CriuSwitch = keyof typeof switchFields;

/** enum criu_cg_mode. */
export const cgroupModes = { ignore: 0, soft: 3, full: 4, strict: 5 } as const;

/** What both are asked for. */
export interface CriuOptions {
  /** Where the images are, and where logs go. */
  readonly images: string;
  readonly work: string;
  readonly switches: readonly CriuSwitch[];
  readonly manageCgroups: keyof typeof cgroupModes;
}

/** Those directories, open in the process that asks. */
export interface OpenDirectories {
  readonly images: number;
  readonly work: number;
}

/** What a container stands in, which its spec alone does not tell. */
export interface Surroundings {
  /** Its cgroups as `type: cgroup` mounts show them. */
  readonly cgroups: CgroupView | undefined;
  /** A destination with the links that lead to it followed inside the root. */
  place(destination: string): string;
  /** Packets are held back meanwhile by nftables, where CRIU's own way is not there. */
  readonly nftables: boolean;
  /** The administrator's configuration of CRIU, which wins (criu(8), "CONFIGURATION FILES"). */
  readonly config: string | undefined;
}

export interface DumpOptions extends CriuOptions {
  readonly pid: number;
  /** The v1 freezer's or the v2 directory of the container. */
  readonly freezer: string;
  /** Memory alone, the container goes on: to be followed by a dump whose parent it is. */
  readonly preDump: boolean;
  readonly parent: string | undefined;
  readonly pageServer: { readonly address: string; readonly port: number } | undefined;
  /** Masked paths that are files. */
  readonly maskedFiles: readonly string[];
  /** Of the network and the pid namespace, where they were joined by path. */
  readonly inodes: Readonly<Partial<Record<OciNamespaceType, number>>>;
}

/** What CRIU calls the namespaces that it takes as they are, and those that it joins. */
const externalNamespaces = { network: ['net', 'extRootNetNS'], pid: ['pid', 'extRootPidNS'] } as const;
const joinedNamespaces: Partial<Record<OciNamespaceType, string>> = { mount: 'mnt', ipc: 'ipc', uts: 'uts', user: 'user', time: 'time' };
const externalTypes = ['network', 'pid'] as const;
/** Where CRIU finds its connection at a restore, and from where on the namespaces: below is what it has anyway. */
export const CONNECTION_FD = 20;
const FIRST_NAMESPACE_FD = 8;
const NULL_DEVICE = '/dev/null';
const CLONE_NEWNET = 0x40000000;
const NFTABLES = 2;
const LOG_LEVEL = 4;

/** A dump of the container of `spec`. */
export function dumpRequest(spec: OciSpec, options: DumpOptions, directories: OpenDirectories, surroundings: Surroundings): ProtoFields {
  const { pid, freezer, preDump, parent, pageServer, maskedFiles, inodes } = options;
  const external = [
    ...externals(spec, surroundings).map(({ inside }) => `mnt[${inside}]:${inside}`),
    ...maskedFiles.map((path) => `mnt[${path}]:${NULL_DEVICE}`),
    ...externalTypes.flatMap((type) => (inodes[type] === undefined ? [] : [`${externalNamespaces[type][0]}[${inodes[type]}]:${externalNamespaces[type][1]}`])),
  ];
  const opts = {
    ...commonFields(options, directories, surroundings, { root: spec.root?.path ?? '', log: 'dump.log' }),
    2: pid,
    11: pageServer && { 1: pageServer.address, 2: pageServer.port },
    14: parent,
    15: preDump || parent ? true : undefined,
    37: external,
    44: freezer || undefined,
  };
  return { 1: preDump ? CriuVerb.preDump : CriuVerb.dump, 2: opts };
}

/** Whether CRIU and this kernel can do what not all can: follow changes of memory, or leave pages behind. */
export const featureRequest: ProtoFields = { 1: CriuVerb.featureCheck, 5: { 1: true, 2: true } };

export interface RestoreOptions extends CriuOptions {
  /** A mount of the container's root that has nothing mounted in it. */
  readonly mountedRoot: string;
  readonly cgroup: string;
  /** What stood behind stdin, stdout and stderr at the dump: pipes of that time are ours now. */
  readonly descriptors: readonly string[];
  /** `--lsm-profile` and `--lsm-mount-context`. */
  readonly lsmProfile?: string | undefined;
  readonly lsmMountContext?: string | undefined;
}

/** A restore into a container of `spec`. */
export function restoreRequest(spec: OciSpec, options: RestoreOptions, directories: OpenDirectories, surroundings: Surroundings): ProtoFields {
  const { mountedRoot, cgroup, descriptors, lsmProfile, lsmMountContext } = options;
  const inherited = [
    ...inheritedNamespaces(spec),
    ...descriptors.flatMap((key, fd) => (/^(?:pipe|socket):/.test(key) ? [{ fd, key }] : [])),
  ];
  const opts = {
    ...commonFields(options, directories, surroundings, { root: mountedRoot, log: 'restore.log' }),
    6: true, // evasive devices
    25: [{ 2: cgroup }],
    27: inherited.map(({ fd, key }) => ({ 1: key, 2: fd })),
    37: externals(spec, surroundings).map(({ inside, source }) => `mnt[${inside}]:${source}`),
    39: joinedOf(spec),
    53: lsmProfile,
    63: lsmMountContext,
  };
  return { 1: CriuVerb.restore, 2: opts };
}

/** Namespaces that a restore is given open: the container was in them by path. */
export function inheritedNamespaces(spec: OciSpec): { readonly fd: number; readonly key: string; readonly path: string }[] {
  return externalTypes.flatMap((wanted, index) => {
    const path = spec.linux?.namespaces?.find(({ type }) => type === wanted)?.path;
    return path ? [{ fd: FIRST_NAMESPACE_FD + index, key: externalNamespaces[wanted][1], path }] : [];
  });
}

/** Throws InvalidArgument in runC's words for a cgroup namespace, which CRIU joins none of. */
function joinedOf(spec: OciSpec): ProtoFields[] {
  return (spec.linux?.namespaces ?? []).flatMap(({ type, path }) => {
    if (!path || type === 'network' || type === 'pid') return [];
    const name = joinedNamespaces[type];
    if (!name) throw new InvalidArgument(`Do not know how to handle namespace NEW${type.toUpperCase()}`);
    return [{ 1: name, 2: path }];
  });
}

function commonFields({ switches, manageCgroups }: CriuOptions, directories: OpenDirectories, { nftables, config }: Surroundings, { root, log }: { root: string; log: string }): ProtoFields {
  return {
    ...Object.fromEntries(switches.map((name) => [switchFields[name], true])),
    1: directories.images,
    9: LOG_LEVEL,
    10: log,
    12: true, // it tells how far it is
    13: root,
    17: directories.work,
    24: true,
    34: cgroupModes[manageCgroups],
    38: CLONE_NEWNET,
    50: true, // terminals whose master is outside
    51: config,
    64: nftables ? NFTABLES : undefined,
  };
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
