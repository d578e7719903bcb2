import { Forbidden } from '#base';
import type { NetworkRecord } from '../port.ts';
import type { Room } from '../room.ts';
import { dependentOf } from './configuration.ts';
import { predefined } from './create.ts';
import { findNetwork } from './find.ts';

/** Removes a network that no endpoint uses; Forbidden in Docker's words otherwise, and for the predefined ones. */
export function removeNetwork(room: Room, nameOrId: string): void {
  const network = findNetwork(room, nameOrId);
  requireUnused(room, network);
  forgetNetwork(room, network);
}

export function requireUnused(room: Room, network: NetworkRecord): void {
  if (predefined.includes(network.name)) throw new Forbidden(`${network.name} is a pre-defined network and cannot be removed`);
  if (room.store.endpointsOfNetwork(network.id).length > 0) {
    throw new Forbidden(`error while removing network: network ${network.name} id ${network.id} has active endpoints`);
  }
  if (dependentOf(room, network) !== undefined) throw new Forbidden(`error while removing network: configuration network "${network.name}" is in use`);
}

export function forgetNetwork(room: Room, network: NetworkRecord): void {
  room.upkeep.forget(network);
  room.drivers.get(network.driver)?.remove(network);
  room.store.removeNetwork(network.id);
  room.firewall.removeNetwork(network);
}
