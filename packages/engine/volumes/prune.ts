import { InvalidArgument, requireBool } from '#base';
import type { Engine } from '../context.ts';
import type { Filters } from '../filters.ts';
import { matchesPruneLabels, publishPrune } from '../prune.ts';
import { isPlain } from './resource.ts';
import { volumeUseCounts } from './users.ts';

/** Filters of `POST /volumes/prune`. */
export const volumePruneFilters = ['all', 'label', 'label!'] as const;

/** Removes unused local volumes without options: anonymous ones, with `all` the named ones too. Bytes. */
export async function pruneVolumes(
  engine: Pick<Engine, 'volumes' | 'containers' | 'events' | 'log'>,
  filters: Filters,
  options: { all: boolean },
): Promise<{ VolumesDeleted: string[]; SpaceReclaimed: number }> {
  const all = allOf(filters) ?? options.all;
  const used = volumeUseCounts(engine);
  const doomed = engine.volumes
    .list()
    .filter((volume) => isPlain(volume) && !used.has(volume.name) && (all || volume.anonymous))
    .filter((volume) => matchesPruneLabels(filters, volume.labels ?? {}));
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const { name, driver } of doomed) {
    const bytes = await remove(engine, name);
    if (bytes === undefined) continue;
    engine.events.publish('volume', 'destroy', name, { driver });
    deleted.push(name);
    reclaimed += bytes;
  }
  publishPrune(engine, 'volume', reclaimed);
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}

function allOf(filters: Filters): boolean | undefined {
  const [value, ...more] = filters.get('all') ?? [];
  if (more.length > 0) throw new InvalidArgument(`invalid filter 'all=[${[value, ...more].join(' ')}]': only one value is expected`);
  return value === undefined ? undefined : requireBool(value, "invalid filter 'all'");
}

/** Bytes freed; undefined for a volume that could not go: the others still do, and the log says why. */
async function remove(engine: Pick<Engine, 'volumes' | 'log'>, name: string): Promise<number | undefined> {
  try {
    const bytes = await engine.volumes.usage(name);
    await engine.volumes.remove(name);
    return bytes;
  } catch (error) {
    engine.log('warn', `volume prune: ${name}: ${String(error)}`);
    return undefined;
  }
}
