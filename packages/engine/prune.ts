/** What every prune shares: its filters and its event. */
import { InvalidArgument } from '#base';
import type { EventType } from '#spec';
import type { Engine } from './context.ts';
import { matchesLabels, type Filters } from './filters.ts';
import { parseMoment } from './timestamp.ts';

/** The filters of container, image and network prune. */
export const pruneFilters = ['label', 'label!', 'until'] as const;

/** `label` must hold, `label!` must not. */
export function matchesPruneLabels(filters: Filters, labels: Readonly<Record<string, string>>): boolean {
  if (!matchesLabels(filters.get('label'), labels)) return false;
  const unwanted = filters.get('label!');
  return unwanted === undefined || !matchesLabels(unwanted, labels);
}

/** The `until` filter as milliseconds since the epoch; undefined when not asked. Throws InvalidArgument for two of them. `now` in milliseconds. */
export function untilOf(filters: Filters, now: number): number | undefined {
  const values = filters.get('until');
  if (!values || values.length === 0) return undefined;
  if (values.length > 1) throw new InvalidArgument('more than one until filter specified');
  return Number(parseMoment(values[0] ?? '', now) / 1_000_000n);
}

/** Tells that a prune is over; `reclaimed` in bytes. */
export function publishPrune(engine: Pick<Engine, 'events'>, type: EventType, reclaimed: number): void {
  engine.events.publish(type, 'prune', '', { reclaimed: String(reclaimed) });
}
