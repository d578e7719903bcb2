/**
 * Makes a container of the command line out of a dump: CRIU makes its processes, out of our stdio, and they fall to the
 * shim when it has gone. What CRIU tells meanwhile comes over a socket that its launcher dials.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { atOnce, compileSeccomp, startTimeOf, type Cgroup } from '#kernel';
import { restorePlan } from '../criu/plan.ts';
import { restoreRequest, type CriuOptions, type OpenDirectories, type RestoreOptions } from '../criu/request.ts';
import { conductRestore } from '../criu/restore.ts';
import type { PlacedUnit } from '../systemd/unit.ts';
import { undo } from '../undo.ts';
import { readDescriptors, surroundingsOf } from '../criu/dump.ts';
import { consoleSocketIn } from './console.ts';
import { type Container } from './container.ts';
import { directCgroup, refuseOccupied, recordOf, type RecordInput } from './create.ts';
import { launch, type Launch } from './launch.ts';
import { makeDirectory, removeDirectory, writeRecord, writeSeccomp, type ContainerRecord } from './layout.ts';

export interface RestoreRequest extends RecordInput {
  readonly root: string;
  readonly shimPath: string;
  readonly consoleSocket: string | undefined;
  /** The container is a unit of systemd's. */
  readonly systemd: boolean;
  /** As a create has it. */
  readonly notify: boolean;
  readonly reaper: boolean;
  warn(message: string): void;
}

export type WantedRestore = CriuOptions & Pick<RestoreOptions, 'lsmProfile' | 'lsmMountContext'>;

/** A container out of a dump, running. What fails leaves nothing. Throws Conflict where there is no dump, Internal with the place of CRIU's log. */
export async function restoreContainer(criu: string, request: RestoreRequest, wanted: WantedRestore): Promise<{ readonly container: Container; readonly launch: Launch }> {
  const { root, id, spec } = request;
  const descriptors = readDescriptors(wanted.images);
  const unit = request.systemd ? await (await systemd()).placeUnit(spec, id, atOnce) : undefined;
  const cgroup = unit?.cgroup ?? directCgroup(spec, id);
  const directory = makeDirectory(root, id);
  refuseOccupied(cgroup, directory);
  try {
    const notified = request.notify ? { ...request, spec: (await import('./notify.ts')).withNotifySocket(spec, directory) } : request;
    return await restore(criu, notified, wanted, { directory, cgroup, unit, descriptors });
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

async function restore(criu: string, request: RestoreRequest, wanted: WantedRestore, { directory, cgroup, unit, descriptors }: Place) {
  const { spec, shimPath, id, reaper, warn } = request;
  const seccomp = spec.linux?.seccomp && compileSeccomp(spec.linux.seccomp);
  const record = { ...recordOf(request, cgroup, seccomp), ...(unit && { systemd: { unit: unit.unit, user: unit.user, root: unit.root } }) };
  writeRecord(directory, record);
  if (seccomp) writeSeccomp(directory, seccomp.program);
  await using _unit = unit && (await (await systemd()).startUnit(unit, spec, id));
  await cgroup.create();
  cgroup.apply(spec.linux?.resources ?? {});
  const mountedRoot = join(directory, 'criu-root');
  mkdirSync(mountedRoot);
  const around = surroundingsOf(spec, cgroup);
  using consoleSocket = consoleSocketIn(directory, request.consoleSocket);
  const plan = restorePlan(spec, { criu, mountedRoot, cgroups: around.cgroups, rootfs: [], enter: wanted.manageCgroups === 'ignore' ? cgroup.directories.map((path) => join(path, 'cgroup.procs')) : [], terminal: spec.process?.terminal ?? false, consoleSocket: consoleSocket.path, setup: [] });
  const conducted = { directory, ...wanted, request: (directories: OpenDirectories) => restoreRequest(spec, { ...wanted, mountedRoot, cgroup: cgroup.path, descriptors }, directories, around) };
  const launched = await conductRestore({ ...conducted, runHooks: (pid) => hooksOf(request, pid) }, () => launch({ shimPath, directory, label: id, plan, preserved: 0, reaper, warn }));
  const complete: ContainerRecord = { ...record, pid: launched.pid, startTime: startTimeOf(launched.pid) ?? '' };
  writeRecord(directory, complete);
  return { container: { directory, record: complete, cgroup }, launch: launched };
}

async function hooksOf({ spec, id, bundle }: RestoreRequest, pid: number): Promise<void> {
  const { runLaunchHooks } = await import('../host-hooks.ts');
  await runLaunchHooks(spec, { id, pid, bundle });
}
