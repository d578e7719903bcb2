/** Makes a task out of a checkpoint (CRIU): its processes go on as soon as it is made, before it is started. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Internal, messageOf } from '#base';
import { compileSeccomp, type Cgroup } from '#kernel';
import { encodePlan, FrameType, type LaunchPlan } from '#shim';
import { compileShim } from '../compile/shim.ts';
import { readDescriptors, readPlaces, findCriu, surroundingsOf } from '../criu/dump.ts';
import { restorePlan } from '../criu/plan.ts';
import { restoreRequest, type OpenDirectories } from '../criu/request.ts';
import { conductRestore } from '../criu/restore.ts';
import { runLaunchHooks } from '../host-hooks.ts';
import type { CreateOptions, Task } from '../port.ts';
import { abandon, clearLost, freshShim, makeTask, makeTaskBy, recordOf, visitOf } from './create.ts';
import { placementOf } from './placement.ts';
import type { PlanRoom } from './room.ts';
import type { HeldShim } from './spares.ts';
import { PlanTask } from './task.ts';

export function restoreTask(room: PlanRoom, options: CreateOptions): Promise<Task> {
  return makeTaskBy(room, options, async (directory, place) => {
    const { cgroup } = place;
    const { id, spec } = options;
    const seccomp = spec.linux?.seccomp && compileSeccomp(spec.linux.seccomp);
    const record = recordOf(options, place, seccomp && { flags: seccomp.flags, name: room.programs.keep(seccomp.program) });
    await clearLost(cgroup, id);
    makeTask(directory, record);
    const shim = await freshShim(room, directory, cgroup, options);
    const visit = visitOf(options);
    try {
      cgroup.apply(spec.linux?.resources ?? {});
      const pid = await restoreOn(shim, directory, cgroup, options, visit.begin);
      await visit.begin(pid);
      const { connection, events } = shim;
      return new PlanTask({ room, directory, record, cgroup, connection, events, pid, state: 'created', startedAt: undefined, seedPid: 0, restored: true });
    } catch (error) {
      await abandon(shim.connection, shim.events);
      await visit.over();
      throw new Internal(`OCI runtime restore failed: ${messageOf(error)}: unknown (container ${id})`, { cause: error });
    }
  });
}

/** Gives the first process's pid. */
async function restoreOn({ connection }: HeldShim, directory: string, cgroup: Cgroup, options: CreateOptions, onNamespaces: (pid: number) => Promise<void>): Promise<number> {
  const { id, spec, bundle = directory, checkpoint: images = '' } = options;
  const descriptors = readDescriptors(images);
  const places = readPlaces(images);
  const mountedRoot = join(directory, 'criu-root');
  mkdirSync(mountedRoot);
  const around = { ...surroundingsOf(spec, cgroup), place: (destination: string) => places[destination] ?? destination };
  const request = (directories: OpenDirectories) => restoreRequest(spec, { images, work: images, switches: [], manageCgroups: 'soft', mountedRoot, cgroup: cgroup.path, descriptors }, directories, around);
  const runHooks = async (pid: number): Promise<void> => {
    await onNamespaces(pid);
    await runLaunchHooks(spec, { id, pid, bundle });
  };
  const plan = planOf(options, cgroup, mountedRoot);
  return await conductRestore({ directory, request, images, work: images, runHooks }, async () => {
    const answer = await connection.request(FrameType.create, { payload: encodePlan(plan) });
    return answer.payload.readUInt32LE(0);
  });
}

function planOf(options: CreateOptions, cgroup: Cgroup, mountedRoot: string): LaunchPlan {
  const { id, label = id, spec, rootfs, stdio } = options;
  const root = resolve(spec.root?.path ?? 'rootfs');
  if (rootfs.length > 0) mkdirSync(root, { recursive: true });
  const placement = placementOf(cgroup, spec);
  return restorePlan({ ...spec, root: { ...spec.root, path: root } }, { criu: findCriu('criu'), mountedRoot, cgroups: placement.view, rootfs, terminal: stdio.terminal, consoleSocket: undefined, setup: compileShim({ label, spec, stdio, cgroup: placement }) });
}
