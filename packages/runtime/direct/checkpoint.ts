/** Runs CRIU on a container of the command line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, errnoOf, findCommand, Internal, InvalidArgument, NotFound } from '#base';
import { close, cwd, openat, openat2, openFlags, resolveFlags, type Cgroup } from '#kernel';
import type { OciNamespaceType, OciSpec } from '#spec';
import { placementOf } from '../plan/placement.ts';
import type { Container } from './container.ts';
import { dumpArguments, parseCriuConfig, type DumpOptions, type Surroundings } from './criu.ts';

/** Beside the images: what stdio was at the dump, as runC writes it. */
const DESCRIPTORS = 'descriptors.json';
/** What CRIU has open besides its stdio, where it is to tell that its page server listens. */
const STATUS_FD = 3;
/** runC's own configuration of CRIU, and the annotation that names another. */
const CONFIG = '/etc/criu/runc.conf';
const CONFIG_ANNOTATION = 'org.criu.config';

/** CRIU's program by absolute path. Throws NotFound where it is not installed. */
export function findCriu(name: string): string {
  if (name.includes('/')) {
    if (existsSync(name)) return name;
    throw new NotFound(`CRIU is needed for this, and there is no ${name}`);
  }
  const found = findCommand(name);
  if (!found) throw new NotFound(`CRIU is needed for this, and there is no "${name}" in $PATH; install it (Debian's package criu) or name it with --criu`);
  return found;
}

export type WantedDump = Omit<DumpOptions, 'pid' | 'freezer' | 'maskedFiles' | 'inodes'>;

/** Dumps the container's processes. Throws Internal with CRIU's last word and its log's place. */
export async function checkpointContainer(criu: string, { record, cgroup }: Container, spec: OciSpec, wanted: WantedDump): Promise<void> {
  for (const path of [wanted.images, wanted.work]) mkdirSync(path, { recursive: true, mode: 0o700 });
  if (wanted.parent !== undefined) requireParent(wanted.images, wanted.parent);
  if (!wanted.preDump) writeDescriptors(wanted.images, record.pid);
  const options: DumpOptions = {
    ...wanted,
    pid: record.pid,
    freezer: cgroup.directoryOf('freezer') ?? cgroup.unified ?? '',
    statusFd: wanted.statusFd === undefined ? undefined : STATUS_FD,
    maskedFiles: (spec.linux?.maskedPaths ?? []).filter((path) => isFile(`/proc/${record.pid}/root/${path}`)),
    inodes: { ...inodeOf(spec, record.pid, 'network'), ...inodeOf(spec, record.pid, 'pid') },
  };
  const words = dumpArguments(spec, options, surroundingsOf(spec, cgroup));
  const child = spawn(criu, words, { stdio: ['ignore', 'pipe', 'pipe', wanted.statusFd ?? 'ignore'] });
  const said = Promise.all([child.stdout, child.stderr].map(async (stream) => Buffer.concat((await stream?.toArray()) ?? []).toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Internal(`criu failed: exit status ${code ?? 'by a signal'}${lastLine((await said).join(''))}\nlog file: ${join(wanted.work, 'dump.log')}`);
}

const lastLine = (text: string): string => (text.trim() ? `: ${text.trim().split('\n').at(-1)}` : '');

/** CRIU follows it from the images' directory. Throws InvalidArgument in runC's words. */
function requireParent(images: string, parent: string): void {
  if (parent.startsWith('/')) throw new InvalidArgument('--parent-path must be relative');
  const path = join(images, parent);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) throw new InvalidArgument(`invalid --parent-path: stat ${path}: ${found ? 'not a directory' : 'no such file or directory'}`);
}

function writeDescriptors(images: string, pid: number): void {
  const stdio = [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  writeFileSync(join(images, DESCRIPTORS), JSON.stringify(stdio), { mode: 0o600 });
}

/** What stdio was at the dump in `images`. Throws Conflict where that holds none. */
export function readDescriptors(images: string): string[] {
  const path = join(images, DESCRIPTORS);
  if (!existsSync(path)) throw new Conflict(`${images} holds no checkpoint: ${DESCRIPTORS} is missing`);
  return JSON.parse(readFileSync(path, 'utf8')) as string[];
}

/** Directories are masked by a file system of the container's own. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

function inodeOf(spec: OciSpec, pid: number, type: 'network' | 'pid'): Partial<Record<OciNamespaceType, number>> {
  const joined = spec.linux?.namespaces?.some((namespace) => namespace.type === type && namespace.path);
  return joined ? { [type]: statSync(`/proc/${pid}/ns/${type === 'pid' ? 'pid' : 'net'}`).ino } : {};
}

/** What CRIU has to know of a container besides its spec. */
export function surroundingsOf(spec: OciSpec, cgroup: Cgroup): Surroundings {
  const path = spec.annotations?.[CONFIG_ANNOTATION] ?? CONFIG;
  return {
    cgroups: placementOf(cgroup, spec).view,
    place: (destination) => placeInside(spec.root?.path ?? '', destination),
    networkLock: findCommand('iptables-restore') ? undefined : 'nftables',
    configured: existsSync(path) ? parseCriuConfig(readFileSync(path, 'utf8')) : [],
  };
}

/** Where `destination` is once links are followed, from the root; what lies on another mount is where it says. */
function placeInside(root: string, destination: string): string {
  const rootFd = openat(cwd, root, openFlags.path | openFlags.directory);
  try {
    const fd = openat2(rootFd, destination, { flags: openFlags.path, resolve: resolveFlags.inRoot | resolveFlags.noMagicLinks });
    try {
      const [whole, own] = [fd, rootFd].map((open) => readlinkSync(`/proc/self/fd/${open}`)) as [string, string];
      return whole.slice(own.replace(/\/$/, '').length) || '/';
    } finally {
      close(fd);
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return destination;
    throw error;
  } finally {
    close(rootFd);
  }
}
