/** `POST /containers/prune`: removes every container that does not run. */
import { messageOf } from '#base';
import type { Engine } from '../context.ts';
import type { Filters } from '../filters.ts';
import { matchesPruneLabels, publishPrune, untilOf } from '../prune.ts';
import type { ContainerRecord } from './record.ts';

type Needs = Pick<Engine, 'containers' | 'supervisor' | 'snapshots' | 'events' | 'clock' | 'log'>;
/** Removes one container with its anonymous volumes kept, as `DELETE /containers/{id}` does. */
export type RemoveContainer = (id: string) => Promise<void>;

const stopped = new Set(['created', 'exited', 'dead']);

/** Bytes. A container that cannot go is passed over; the log says why. */
export async function pruneContainers(engine: Needs, filters: Filters, remove: RemoveContainer): Promise<{ ContainersDeleted: string[] | null; SpaceReclaimed: number }> {
  const until = untilOf(filters, engine.clock.now());
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const record of engine.containers.list().filter((it) => isDoomed(engine, it, filters, until))) {
    const bytes = await removeOne(engine, record.id, remove);
    if (bytes === undefined) continue;
    deleted.push(record.id);
    reclaimed += bytes;
  }
  publishPrune(engine, 'container', reclaimed);
  return { ContainersDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed };
}

function isDoomed(engine: Needs, record: ContainerRecord, filters: Filters, until: number | undefined): boolean {
  if (!stopped.has(engine.supervisor.state(record.id)?.status ?? '')) return false;
  if (until !== undefined && record.created >= until) return false;
  return matchesPruneLabels(filters, record.config.Labels ?? {});
}

async function removeOne(engine: Needs, id: string, remove: RemoveContainer): Promise<number | undefined> {
  try {
    const { bytes } = await engine.snapshots.usage(id);
    await remove(id);
    return bytes;
  } catch (error) {
    engine.log('warn', `container prune: ${id}: ${messageOf(error)}`);
    return undefined;
  }
}
