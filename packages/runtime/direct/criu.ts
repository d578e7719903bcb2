/**
 * Checkpoint and restore, which CRIU does (criu(8)): what it is told of a container. Everything that the container does
 * not own is external to it, by the name of its place inside: bind mounts, the files behind its masks, a network namespace
 * that was joined. Pure.
 */
import { posix } from 'node:path';
import type { OciSpec } from '#spec';

/** What both commands are asked for; each is CRIU's own option of that name. */
export interface CriuOptions {
  /** Where the images are, and where logs go. */
  readonly images: string;
  readonly work: string;
  /** `--tcp-established`, `--shell-job` …, passed on. */
  readonly switches: readonly string[];
  /** soft, full, strict … */
  readonly manageCgroups: string;
  readonly emptyNamespaces: readonly string[];
}

export interface DumpOptions extends CriuOptions {
  readonly pid: number;
  /** The v1 freezer's or the v2 directory of the container. */
  readonly freezer: string;
  /** Memory alone, the container goes on: to be followed by a dump whose parent it is. */
  readonly preDump: boolean;
  readonly parent: string | undefined;
  readonly statusFd: string | undefined;
  readonly pageServer: { readonly address: string; readonly port: string } | undefined;
}

const netKey = 'extRootNetNS';

/** `criu dump` of the container of `spec`. `netInode` is its network namespace's, where it was joined by path. */
export function dumpArguments(spec: OciSpec, options: DumpOptions, netInode: number | undefined): string[] {
  const { pid, freezer, preDump, parent, statusFd, pageServer } = options;
  return [
    preDump ? 'pre-dump' : 'dump',
    ...commonArguments(spec, options, 'dump.log'),
    '--tree', String(pid), '--freeze-cgroup', freezer,
    ...(preDump || parent ? ['--track-mem'] : []),
    ...(parent ? ['--prev-images-dir', parent] : []),
    ...(statusFd ? ['--status-fd', statusFd] : []),
    ...(pageServer ? ['--page-server', '--address', pageServer.address, '--port', pageServer.port] : []),
    ...externals(spec).flatMap(({ inside }) => ['--external', `mnt[${inside}]:${inside}`]),
    ...(netInode === undefined ? [] : ['--external', `net[${netInode}]:${netKey}`]),
  ];
}

export interface RestoreOptions extends CriuOptions {
  readonly pidFile: string;
  readonly cgroup: string;
  /** What stood behind stdin, stdout and stderr at the dump: pipes of that time are ours now. */
  readonly descriptors: readonly string[];
}

/** `criu restore` into a container of `spec`, whose root is a mount of its own. */
export function restoreArguments(spec: OciSpec, options: RestoreOptions): string[] {
  const { pidFile, cgroup, descriptors } = options;
  return [
    'restore',
    ...commonArguments(spec, options, 'restore.log'),
    '--restore-detached', '--pidfile', pidFile, '--cgroup-root', cgroup,
    ...externals(spec).flatMap(({ inside, source }) => ['--external', `mnt[${inside}]:${source}`]),
    ...descriptors.flatMap((name, fd) => (/^(?:pipe|socket):/.test(name) ? ['--inherit-fd', `fd[${fd}]:${name}`] : [])),
  ];
}

function commonArguments(spec: OciSpec, { images, work, switches, manageCgroups, emptyNamespaces }: CriuOptions, log: string): string[] {
  return [
    '--images-dir', images, '--work-dir', work, '--log-file', log, '-v4', '--root', spec.root?.path ?? '',
    `--manage-cgroups=${manageCgroups}`,
    ...emptyNamespaces.flatMap((name) => ['--empty-ns', name]),
    ...switches,
  ];
}

interface External {
  /** Its place in the container, which is also its name in the images. */
  readonly inside: string;
  /** On the host, at the restore. */
  readonly source: string;
}

function externals(spec: OciSpec): External[] {
  const binds = (spec.mounts ?? []).filter(({ type, options }) => type === 'bind' || options?.some((option) => option === 'bind' || option === 'rbind'));
  return [
    ...binds.map(({ destination, source = '' }) => ({ inside: posix.resolve('/', destination), source })),
    ...(spec.linux?.maskedPaths ?? []).map((path) => ({ inside: path, source: '/dev/null' })),
  ];
}
