/** Whether a task is in a cgroup that we make, or a scope of systemd's in the slice that its path names. */
import { basename, dirname } from 'node:path';
import { Cgroup } from '#kernel';
import type { OciSpec } from '#spec';
import type { PlacedUnit, SystemdUnit } from '../systemd/unit.ts';
import type { CreateOptions } from '../port.ts';
import { cgroupPathOf } from './placement.ts';
import type { PlanRoom } from './room.ts';

export interface Place {
  readonly cgroup: Cgroup;
  readonly unit: PlacedUnit | undefined;
}

/** Loaded where it is asked for. */
export const systemd = () => import('../systemd/unit.ts');

/** Throws InvalidArgument for a slice that is none, Unavailable without systemd. */
export async function placeOf(room: Pick<PlanRoom, 'cgroupParent' | 'systemd'>, { id, spec }: Pick<CreateOptions, 'id' | 'spec'>): Promise<Place> {
  const path = cgroupPathOf(spec, id, room.cgroupParent);
  if (!room.systemd) return { cgroup: new Cgroup(path), unit: undefined };
  const unit = await (await systemd()).placeUnit(inSlice(spec, path), id);
  return { cgroup: unit.cgroup, unit };
}

/** As dockerd names them: `/a-b.slice/ID` is docker-ID.scope in a-b.slice. */
export function inSlice(spec: OciSpec, path: string): OciSpec {
  return { ...spec, linux: { ...spec.linux, cgroupsPath: `${basename(dirname(path))}:docker:${basename(path)}` } };
}

export const recordedUnit = ({ unit, user, root }: SystemdUnit): SystemdUnit => ({ unit, user, root });
