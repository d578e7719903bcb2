import { messageOf } from '#base';
import { holdPorts, publishes } from '../ports/hold.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';
import { inOrder } from './routes.ts';

/** Published ports belong to the container: when the endpoint that had them goes, the next one that can have them gets them. */
export function movePorts(room: Room, gone: StoredEndpoint, left: readonly StoredEndpoint[]): void {
  for (const heir of inOrder(left)) {
    const network = room.store.network(heir.networkId);
    if (!network || !publishes(network)) continue;
    try {
      const moved = { ...heir, ports: holdPorts(room, network, heir, gone.ports) };
      room.firewall.open([moved]);
      room.store.updateEndpoint(moved);
    } catch (error) {
      room.ports.release(heir.id);
      room.warn(`container ${gone.containerName}: its ports are published no more: ${messageOf(error)}`);
    }
    return;
  }
}
