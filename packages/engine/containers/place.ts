/** Where a container's files are reached: through itself while it runs; otherwise in a view of its files with its mounts over them. */
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { errnoOf, Forbidden } from '#base';
import type { IdMap } from '#supervisor';
import type { Engine } from '../context.ts';
import type { ContainerRecord } from './record.ts';
import { ociMounts } from './spec/oci-mounts.ts';
import { acquireVolumes, releaseVolumes } from './volumes.ts';

export interface Place {
  /** A directory of the host that is the container's root. */
  readonly root: string;
  /** As whom its owners are seen there. */
  readonly ids: IdMap | undefined;
}

type Needs = Pick<Engine, 'supervisor' | 'volumes' | 'snapshots' | 'log'>;

/** Calls `work`, once, while the place can be reached. */
export async function atPlace<T>(engine: Needs, record: ContainerRecord, work: (place: Place) => Promise<T>): Promise<T> {
  const { id } = record;
  const { status, pid = 0 } = engine.supervisor.state(id) ?? {};
  if (status === 'running' || status === 'paused') {
    let entered = false;
    try {
      return await engine.supervisor.withView(id, [], (root, ids) => {
        entered = true;
        return work({ root, ids });
      });
    } catch (error) {
      if (entered || !isGone(error)) throw error; // what `work` has read or written is not to be had twice
    }
    // Its policy may have begun the next run already.
    if (engine.supervisor.state(id)?.pid === pid) await engine.supervisor.wait(id, 'not-running');
    return atPlace(engine, record, work);
  }
  // Under a name of their own, so that a start meanwhile keeps what it got.
  const user = `cp-${randomUUID()}`;
  await acquireVolumes(engine, record, user);
  try {
    const mounts = ociMounts(record.wantedMounts, engine.volumes, { snapshots: engine.snapshots, directory: engine.supervisor.directory(id) });
    return await engine.supervisor.withView(id, mounts, (root, ids) => work({ root, ids }));
  } finally {
    await releaseVolumes(engine, record, user);
  }
}

/** Whether a run ended before its root was opened. */
function isGone(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH';
}

/** Throws Forbidden in dockerd's words when the container may not write there: `path` is real, every link followed. */
export function requireWritable(record: ContainerRecord, path: string): void {
  const inside = `${posix.join('/', path).replace(/\/$/, '')}/`;
  const over = record.wantedMounts
    .filter(({ destination }) => inside.startsWith(`${destination}/`))
    .toSorted((a, b) => b.destination.length - a.destination.length)[0];
  if (over?.readOnly) throw new Forbidden('mounted volume is marked read-only');
  if (!over && record.hostConfig.ReadonlyRootfs) throw new Forbidden('container rootfs is marked read-only');
}
