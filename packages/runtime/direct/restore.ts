/**
 * Makes a container of the command line out of a dump: CRIU makes its processes, out of our stdio, and they fall to the
 * shim when it has gone.
 */
import { mkdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { compileSeccomp, type Cgroup } from '#kernel';
import { StdioFlag, type LaunchPlan, type Operation } from '#shim';
import type { OciSpec } from '#spec';
import { compileMounts, rebind, type CgroupView } from '../compile/mounts.ts';
import { cloneFlags } from '../compile/names.ts';
import type { PlacedUnit } from '../systemd/unit.ts';
import { undo } from '../undo.ts';
import { readDescriptors, surroundingsOf } from './checkpoint.ts';
import { processStat, type Container } from './container.ts';
import { directCgroup, recordOf, refuseOccupied, type RecordInput } from './create.ts';
import { inheritedNamespaces, isBind, restoreArguments, type CriuOptions } from './criu.ts';
import { launch, type Launch } from './launch.ts';
import { makeDirectory, removeDirectory, writeRecord, writeSeccomp, type ContainerRecord } from './layout.ts';

const SLAVES = 0x84000; // MS_SLAVE | MS_REC
const BIND = 0x1000; // MS_BIND

export interface RestoreRequest extends RecordInput {
  readonly root: string;
  readonly shimPath: string;
  /** The container is a unit of systemd's. */
  readonly systemd: boolean;
  readonly reaper: boolean;
  warn(message: string): void;
}

/** A container out of a dump, running. What fails leaves nothing. Throws Conflict where there is no dump, Internal with CRIU's log. */
export async function restoreContainer(criu: string, request: RestoreRequest, wanted: CriuOptions): Promise<{ readonly container: Container; readonly launch: Launch }> {
  const { root, id, spec } = request;
  const descriptors = readDescriptors(wanted.images);
  mkdirSync(wanted.work, { recursive: true, mode: 0o700 });
  const unit = request.systemd ? await (await systemd()).placeUnit(spec, id) : undefined;
  const cgroup = unit?.cgroup ?? directCgroup(spec, id);
  const directory = makeDirectory(root, id);
  refuseOccupied(cgroup, directory);
  try {
    return await restore(criu, request, wanted, { directory, cgroup, unit, descriptors });
  } catch (error) {
    const stop = async () => unit && (await systemd()).stopUnit(unit);
    await undo(request.warn, [() => cgroup.kill(9), stop, () => cgroup.remove(), () => removeDirectory(directory)]);
    throw error;
  }
}

/** Loaded where it is asked for. */
const systemd = () => import('../systemd/unit.ts');

interface Place {
  readonly directory: string;
  readonly cgroup: Cgroup;
  readonly unit: PlacedUnit | undefined;
  readonly descriptors: readonly string[];
}

async function restore(criu: string, request: RestoreRequest, wanted: CriuOptions, { directory, cgroup, unit, descriptors }: Place) {
  const { spec, shimPath, id, reaper, warn } = request;
  const seccomp = spec.linux?.seccomp && compileSeccomp(spec.linux.seccomp);
  const record = { ...recordOf(request, cgroup, seccomp), ...(unit && { systemd: { unit: unit.unit, user: unit.user, root: unit.root } }) };
  writeRecord(directory, record);
  if (seccomp) writeSeccomp(directory, seccomp.program);
  await using _unit = unit && (await (await systemd()).startUnit(unit, spec, id));
  await cgroup.create();
  cgroup.apply(spec.linux?.resources ?? {});
  const [pidFile, mountedRoot] = [join(directory, 'restored.pid'), join(directory, 'criu-root')];
  mkdirSync(mountedRoot);
  const around = surroundingsOf(spec, cgroup);
  const words = [criu, ...restoreArguments(spec, { ...wanted, mountedRoot, pidFile, cgroup: cgroup.path, descriptors }, around)];
  const plan = restorePlan(spec, withNamespaces(spec, words), { mountedRoot, pidFile, cgroups: around.cgroups });
  const launched = await launch({ shimPath, directory, label: id, plan, preserved: 0, reaper, warn });
  const complete: ContainerRecord = { ...record, pid: launched.pid, startTime: processStat(launched.pid)?.startTime ?? '' };
  writeRecord(directory, complete);
  return { container: { directory, record: complete, cgroup }, launch: launched };
}

/** The words of a command that has the namespaces open that `inheritedNamespaces` numbers. */
function withNamespaces(spec: OciSpec, words: readonly string[]): string[] {
  const given = inheritedNamespaces(spec);
  if (given.length === 0) return [...words];
  const opens = given.map(({ fd }, index) => `${fd}<"$${index + 1}"`).join(' ');
  return ['/bin/sh', '-c', `exec ${opens}; shift ${given.length}; exec "$@"`, 'sh', ...given.map(({ path }) => path), ...words];
}

interface Paths {
  readonly mountedRoot: string;
  readonly pidFile: string;
  readonly cgroups: CgroupView | undefined;
}

/** CRIU finds every mount point there, also those inside binds, and a root that nothing is mounted in. */
export function restorePlan(spec: OciSpec, words: readonly string[], { mountedRoot, pidFile, cgroups }: Paths): LaunchPlan {
  const root = spec.root?.path ?? '';
  return [
    { op: 'stdio', flags: StdioFlag.inherit },
    { op: 'stage' },
    { op: 'unshare', types: cloneFlags.mount },
    { op: 'propagation', path: '/', flags: SLAVES },
    rebind(root),
    { op: 'root', path: root },
    ...mountPoints(spec, cgroups),
    { op: 'mount', source: root, target: mountedRoot, type: 'bind', flags: BIND, data: '', directory: '' },
    { op: 'adopt', pidFile, arguments: words, environment: [`PATH=${process.env['PATH'] ?? ''}`] },
    { op: 'ready', wait: 0 },
  ];
}

/** Binds are made, so that those inside them find their places; what lies on a tmpfs is in the dump. */
function mountPoints(spec: OciSpec, cgroups: CgroupView | undefined): Operation[] {
  const mounts = spec.mounts ?? [];
  const temporary = mounts.filter(({ type }) => type === 'tmpfs').map(({ destination }) => posix.join('/', destination, '/'));
  const kept = mounts.filter(({ type, destination }) => !type?.startsWith('cgroup') && !temporary.some((path) => posix.join('/', destination).startsWith(path)));
  return kept.flatMap((mount): readonly Operation[] => (isBind(mount) ? compileMounts({ ...spec, mounts: [mount] }, cgroups).inSequence : [{ op: 'directory', path: posix.join('/', mount.destination), mode: 0o755 }]));
}
