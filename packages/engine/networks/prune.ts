import { isKind } from '#base';
import type { NetworkRecord } from '#network';
import type { Engine } from '../context.ts';
import type { Filters } from '../filters.ts';
import { matchesPruneLabels, publishPrune, untilOf } from '../prune.ts';
import { removeNetwork } from './remove.ts';
import { isPredefined } from './resource.ts';

type Room = Pick<Engine, 'networks' | 'events' | 'clock' | 'log'>;

/** Removes the networks that nobody sits on; null when there was none, as dockerd says it. */
export async function pruneNetworks(engine: Room, filters: Filters): Promise<{ NetworksDeleted: string[] | null }> {
  const until = untilOf(filters, engine.clock.now());
  const doomed = engine.networks
    .list()
    .filter((network) => !isPredefined(network.name) && matchesPruneLabels(filters, network.labels))
    .filter((network) => until === undefined || network.created <= until)
    .filter((network) => engine.networks.endpoints({ networkId: network.id }).length === 0);
  const deleted: string[] = [];
  for (const network of doomed) if (await remove(engine, network)) deleted.push(network.name);
  publishPrune(engine, 'network', 0);
  return { NetworksDeleted: deleted.length > 0 ? deleted : null };
}

/** False for one that was taken or removed meanwhile: the others still go. */
async function remove(engine: Room, network: NetworkRecord): Promise<boolean> {
  try {
    await removeNetwork(engine, network.id);
    return true;
  } catch (error) {
    if (!isKind(error, 'NotFound')) engine.log('warn', `network prune: ${network.name}: ${String(error)}`);
    return false;
  }
}
