import { Internal, InvalidArgument } from '#base';
import type { NetworkRecord } from '#network';
import type { NetworkResource } from '#spec';
import type { Engine } from '../context.ts';
import { matchesLabels, patternFilter, type Filters } from '../filters.ts';
import { isPredefined, networkContainers, networkResource } from './resource.ts';

/** Filters of `GET /networks`. */
export const networkFilters = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'] as const;

/** The networks that pass the filters. `detailed` (API 1.27 and older) shows each one's containers, as inspect does. */
export function listNetworks(
  engine: Pick<Engine, 'networks' | 'containers' | 'supervisor'>,
  filters: Filters,
  options: { detailed: boolean; showIPv4: boolean },
): NetworkResource[] {
  const dangling = danglingOf(filters);
  const types = typesOf(filters);
  const [named, identified] = [patternFilter(filters.get('name')), patternFilter(filters.get('id'))];
  return engine.networks
    .list()
    .filter(({ id, name }) => named(name) && identified(id))
    .filter((network) => passes(network, filters))
    .filter((network) => types === undefined || types.has(isPredefined(network.name) ? 'builtin' : 'custom'))
    .filter((network) => dangling === undefined || isDangling(engine, network) === dangling)
    .map((network) => ({
      ...networkResource(network, options),
      ...(options.detailed ? { Containers: networkContainers(engine, network) } : {}),
    }));
}

function passes(network: NetworkRecord, filters: Filters): boolean {
  return (
    oneOf(filters.get('driver'), network.driver) &&
    oneOf(filters.get('scope'), network.scope) &&
    matchesLabels(filters.get('label'), network.labels)
  );
}

function oneOf(wanted: readonly string[] | undefined, value: string): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.includes(value);
}

function isDangling(engine: Pick<Engine, 'networks'>, network: NetworkRecord): boolean {
  return !isPredefined(network.name) && engine.networks.endpoints({ networkId: network.id }).length === 0;
}

/** Throws InvalidArgument for any other word, and for several. */
function danglingOf(filters: Filters): boolean | undefined {
  const values = filters.get('dangling') ?? [];
  const unknown = values.find((value) => !['1', '0', 'true', 'false'].includes(value));
  if (new Set(values).size > 1) throw new InvalidArgument('got more than one value for filter key "dangling"');
  if (unknown !== undefined) {
    throw new InvalidArgument(`invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`);
  }
  return values[0] === undefined ? undefined : ['1', 'true'].includes(values[0]);
}

/** Throws Internal, as dockerd answers 500. */
function typesOf(filters: Filters): ReadonlySet<string> | undefined {
  const wanted = filters.get('type');
  if (!wanted) return undefined;
  const unknown = wanted.find((type) => type !== 'builtin' && type !== 'custom');
  if (unknown !== undefined) throw new Internal(`invalid filter: 'type'='${unknown}'`);
  return new Set(wanted);
}
