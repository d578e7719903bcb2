import { messageOf } from '#base';
import { holdPorts, publishes } from '../ports/hold.ts';
import type { PortBinding } from '../port.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';
import { inOrder } from './routes.ts';

/** Published ports belong to the container: the first of its endpoints that can have them gets them. */
export function movePorts(room: Room, asked: readonly PortBinding[], seats: readonly StoredEndpoint[]): void {
  const heir = firstToPublish(room, seats);
  if (heir) publishAt(room, heir, asked, []);
}

/** They are where the default route is: an endpoint that comes before the one that has them takes them over. */
export function gatherPorts(room: Room, containerId: string): void {
  const seats = room.store.endpointsOfContainer(containerId).filter(({ interfaceName }) => interfaceName !== undefined);
  const owner = seats.find(({ ports }) => ports.length > 0);
  const heir = firstToPublish(room, seats);
  if (!owner || !heir || heir.id === owner.id) return;
  const { askedPorts = owner.ports, ...bare } = owner;
  room.firewall.close([owner]);
  room.ports.release(owner.id);
  publishAt(room, heir, askedPorts, [{ ...bare, ports: [] }]);
}

function firstToPublish(room: Room, seats: readonly StoredEndpoint[]): StoredEndpoint | undefined {
  return inOrder(seats).find(({ networkId }) => {
    const network = room.store.network(networkId);
    return network !== undefined && publishes(network);
  });
}

/**
 * A port that was asked for by its number keeps it; any other is given anew, as Docker does. `others` lost theirs, and
 * are stored in the same transaction: a port has an owner at every moment.
 */
function publishAt(room: Room, heir: StoredEndpoint, askedPorts: readonly PortBinding[], others: readonly StoredEndpoint[]): void {
  const network = room.store.network(heir.networkId);
  if (!network) return;
  try {
    const moved = { ...heir, askedPorts, ports: holdPorts(room, network, heir, askedPorts) };
    // The links of the others were closed with their ports.
    room.firewall.open([moved, ...others]);
    room.store.updateEndpoints([moved, ...others]);
  } catch (error) {
    room.ports.release(heir.id);
    room.firewall.open(others);
    room.store.updateEndpoints(others);
    room.warn(`container ${heir.containerName}: its ports are published no more: ${messageOf(error)}`);
  }
}
