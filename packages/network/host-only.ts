/**
 * The networks of a daemon that owns none: an ordinary user's, where nothing connects a network of its own to the
 * host's. Containers are in the host's network, or in none.
 */
import { NotImplemented } from '#base';
import { forgetDns } from './dns/remember.ts';
import { recordOf } from './networks/create.ts';
import { furnish, networksOf, type NetworksOptions } from './open.ts';
import type { Networks, Sandbox } from './port.ts';
import type { Room } from './room.ts';

/** Creating a network throws NotImplemented; nothing is ever laid on the host. */
export function hostOnlyNetworks(options: NetworksOptions): Networks {
  const room = furnish(options);
  return {
    ...networksOf(room),
    hostOnly: true,
    create: async () => {
      throw new NotImplemented('this daemon has no network of its own to make networks in: install passt (pasta) or slirp4netns and start it again');
    },
    attach: async ({ containerId }) => {
      const seats = room.store.endpointsOfContainer(containerId); // nobody comes back from a namespace into one that is not his own
      room.store.updateEndpoints(seats);
      return seats;
    },
    recover: async (running) => recover(room, running),
    close: async () => undefined,
  };
}

function recover({ store, ...room }: Room, running: readonly Sandbox[]): void {
  const alive = new Set(running.map(({ containerId }) => containerId));
  const ended = store.allEndpoints().filter(({ containerId }) => !alive.has(containerId));
  store.removeEndpoints(ended);
  for (const { containerId } of ended) forgetDns(store, containerId);
  for (const network of store.networks()) if (network.name === 'bridge') store.removeNetwork(network.id); // made again by a daemon that can
  for (const [name, driver] of [['none', 'null'], ['host', 'host']] as const) {
    if (!store.networks().some((network) => network.name === name)) store.addNetwork(recordOf({ store, ...room }, { name, driver }));
  }
}
