import type { VolumeResource } from '#spec';
import type { VolumeRecord } from '#volumes';
import type { Engine } from '../context.ts';
import { booleanFilter, matchesLabels, patternFilter, type Filters } from '../filters.ts';
import { volumeResource } from './resource.ts';
import { volumeUseCounts } from './users.ts';

/** Filters of `GET /volumes`. */
export const volumeFilters = ['dangling', 'driver', 'label', 'name'] as const;

/** The volumes that pass the filters, by name, and what drivers could not be asked. */
export async function listVolumes(engine: Pick<Engine, 'volumes' | 'containers'>, filters: Filters): Promise<{ Volumes: VolumeResource[]; Warnings: string[] | null }> {
  const dangling = booleanFilter(filters, 'dangling');
  const named = patternFilter(filters.get('name'));
  const used = dangling === undefined ? undefined : volumeUseCounts(engine);
  const { volumes, warnings } = await engine.volumes.lookAll();
  const shown = volumes
    .filter((volume) => used === undefined || used.has(volume.name) !== dangling)
    .filter(({ name }) => named(name))
    .filter((volume) => passes(volume, filters))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(volumeResource);
  return { Volumes: shown, Warnings: warnings.length > 0 ? warnings : null };
}

function passes(volume: VolumeRecord, filters: Filters): boolean {
  const drivers = filters.get('driver');
  return (
    (drivers === undefined || drivers.length === 0 || drivers.includes(volume.driver)) &&
    matchesLabels(filters.get('label'), volume.labels ?? {})
  );
}
