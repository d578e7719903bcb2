import { messageOf } from '#base';
import { holdPorts, publishes } from '../ports/hold.ts';
import type { PortBinding } from '../port.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';
import { inOrder } from './routes.ts';

/** Published ports belong to the container: the first of its endpoints that can have them gets them. */
export function movePorts(room: Room, asked: readonly PortBinding[], seats: readonly StoredEndpoint[]): void {
  const heir = firstToPublish(room, seats);
  if (!heir) return;
  try {
    publishAt(room, heir, asked, []);
  } catch (error) {
    room.warn(`container ${heir.containerName}: its ports are published no more: ${messageOf(error)}`);
  }
}

/** They are where the default route is: an endpoint that comes before the one that has them takes them over. They stay where they are when it cannot have them. */
export function gatherPorts(room: Room, containerId: string): void {
  const seats = room.store.endpointsOfContainer(containerId).filter(({ interfaceName }) => interfaceName !== undefined);
  const owner = seats.find(({ ports }) => ports.length > 0);
  const heir = firstToPublish(room, seats);
  if (!owner || !heir || heir.id === owner.id) return;
  const { askedPorts = owner.ports, ...bare } = owner;
  room.firewall.close([owner]);
  room.ports.release(owner.id);
  try {
    publishAt(room, heir, askedPorts, [{ ...bare, ports: [] }]);
  } catch {
    publishAgain(room, owner, { ...bare, ports: [] });
  }
}

/** Gives an endpoint the very ports back that it had; `bare` is what it is without them. */
function publishAgain(room: Room, owner: StoredEndpoint, bare: StoredEndpoint): void {
  const network = room.store.network(owner.networkId);
  if (!network) return;
  try {
    holdPorts(room, network, owner, owner.ports);
    room.firewall.open([owner]);
  } catch (error) {
    room.ports.release(owner.id);
    room.firewall.open([bare]);
    room.store.updateEndpoint(bare);
    room.warn(`container ${owner.containerName}: its ports are published no more: ${messageOf(error)}`);
  }
}

function firstToPublish(room: Room, seats: readonly StoredEndpoint[]): StoredEndpoint | undefined {
  return inOrder(seats).find(({ networkId }) => {
    const network = room.store.network(networkId);
    return network !== undefined && publishes(network);
  });
}

/**
 * A port that was asked for by its number keeps it; any other is given anew, as Docker does. `others` lost theirs, and
 * are stored in the same transaction: a port has an owner at every moment. Nothing is held when it throws.
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
    throw error;
  }
}
