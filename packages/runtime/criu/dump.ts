/** Runs CRIU on the processes of a container. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, readFileSync, readlinkSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, errnoOf, findCommand, Internal, InvalidArgument, NotFound } from '#base';
import { close, cwd, openat, openat2, openFlags, packetPair, resolveFlags, type Cgroup } from '#kernel';
import type { OciNamespaceType, OciSpec } from '#spec';
import { openDirectories } from './directories.ts';
import type { ProtoFields } from './protobuf.ts';
import { dumpRequest, featureRequest, isBind, type DumpOptions, type Surroundings } from './request.ts';
import { askCriu, type Conversation, type CriuAnswer } from './service.ts';
import { placementOf } from '../plan/placement.ts';

/** Beside the images: what stdio was at the dump, as runC writes it. */
const DESCRIPTORS = 'descriptors.json';
const PLACES = 'places.json';
/** Where CRIU finds its connection at a dump. */
const CONNECTION_FD = 3;
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

/** Whose processes are dumped. */
export interface Dumped {
  /** Its first process. */
  readonly pid: number;
  readonly cgroup: Cgroup;
  readonly spec: OciSpec;
  /** Where its files are seen, when not where the spec says. */
  readonly root?: string;
}

export interface WantedDump extends Omit<DumpOptions, 'pid' | 'freezer' | 'maskedFiles' | 'inodes'> {
  /** A descriptor of ours that gets a zero byte when CRIU serves pages. */
  readonly statusFd: number | undefined;
}

/** Dumps the container's processes. Throws Internal in runC's words, with the place of CRIU's log. */
export async function checkpointContainer(criu: string, { pid, cgroup, spec, root }: Dumped, wanted: WantedDump): Promise<void> {
  if (wanted.parent !== undefined) requireParent(wanted.images, wanted.parent);
  if (wanted.preDump || wanted.switches.includes('lazy-pages')) await requireFeatures(criu, wanted);
  using directories = openDirectories(wanted);
  if (!wanted.preDump) writeDescriptors(wanted.images, pid);
  const options: DumpOptions = {
    ...wanted,
    pid,
    freezer: cgroup.directoryOf('freezer') ?? cgroup.unified ?? '',
    maskedFiles: (spec.linux?.maskedPaths ?? []).filter((path) => isFile(`/proc/${pid}/root/${path}`)),
    inodes: { ...inodeOf(spec, pid, 'network'), ...inodeOf(spec, pid, 'pid') },
  };
  await callCriu(criu, dumpRequest(spec, options, directories, surroundingsOf(spec, cgroup, root)), { log: join(wanted.work, 'dump.log'), notified: statusTeller(wanted.statusFd) });
}

async function requireFeatures(criu: string, { preDump, work }: WantedDump): Promise<void> {
  const { tracksMemory, lazyPages } = await callCriu(criu, featureRequest, { log: join(work, 'dump.log') });
  if (preDump ? !tracksMemory : !lazyPages) throw new Internal('CRIU is missing features');
}

/** One request to a CRIU of its own. */
async function callCriu(criu: string, request: ProtoFields, conversation: Omit<Conversation, 'socket'>): Promise<CriuAnswer> {
  const { ours, theirs } = packetPair();
  using socket = ours;
  const child = spawn(criu, ['swrk', String(CONNECTION_FD)], { stdio: ['ignore', 'ignore', 'ignore', theirs] });
  closeSync(theirs);
  const ended = once(child, 'close');
  ended.catch(() => undefined); // looked at below
  try {
    return await askCriu({ ...conversation, socket }, request);
  } finally {
    socket[Symbol.dispose]();
    await ended;
  }
}

function statusTeller(statusFd: number | undefined): Conversation['notified'] {
  return async ({ script }) => {
    if (script !== 'status-ready' || statusFd === undefined) return;
    writeSync(statusFd, Buffer.alloc(1));
    closeSync(statusFd);
  };
}

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

/** Where destinations of mounts were at the dump in `images`, once links had been followed: its files are not there to be looked at before a restore. */
export function readPlaces(images: string): Readonly<Record<string, string>> {
  const path = join(images, PLACES);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {};
}

/** For who restores where the root is not there yet. */
export function writePlaces(images: string, spec: OciSpec, pid: number): void {
  const destinations = (spec.mounts ?? []).filter(isBind).map(({ destination }) => destination);
  writeFileSync(join(images, PLACES), JSON.stringify(Object.fromEntries(destinations.map((destination) => [destination, placeInside(`/proc/${pid}/root`, destination)]))), { mode: 0o600 });
}

/** Directories are masked by a file system of the container's own. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

function inodeOf(spec: OciSpec, pid: number, type: 'network' | 'pid'): Partial<Record<OciNamespaceType, number>> {
  const joined = spec.linux?.namespaces?.some((namespace) => namespace.type === type && namespace.path);
  return joined ? { [type]: statSync(`/proc/${pid}/ns/${type === 'pid' ? 'pid' : 'net'}`).ino } : {};
}

/** What CRIU has to know of a container besides its spec; `root` is where its files are seen. */
export function surroundingsOf(spec: OciSpec, cgroup: Cgroup, root = spec.root?.path ?? ''): Surroundings {
  return {
    cgroups: placementOf(cgroup, spec).view,
    place: (destination) => placeInside(root, destination),
    nftables: !findCommand('iptables-restore'),
    config: configOf(spec),
  };
}

/** An annotation that is empty asks for none at all. */
function configOf(spec: OciSpec): string | undefined {
  const named = spec.annotations?.[CONFIG_ANNOTATION];
  if (named !== undefined) return named || undefined;
  return existsSync(CONFIG) ? CONFIG : undefined;
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
