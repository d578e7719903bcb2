import { bridgeOptionsOf } from '../bridge/options.ts';
import type { Endpoint, NetworkRecord, PortBinding } from '../port.ts';
import type { Room } from '../room.ts';
import { parsePortRange, planPort } from './plan.ts';

/** The part of an endpoint that its ports lead to. */
export type PortOwner = Pick<Endpoint, 'id' | 'ipv4' | 'ipv6'> & { readonly containerName: string };

/** True where ports can be published at all: on bridges that lead somewhere. */
export function publishes(network: Pick<NetworkRecord, 'driver' | 'internal'>): boolean {
  return network.driver === 'bridge' && !network.internal;
}

/**
 * Holds host ports for an endpoint and returns the bindings as they became; those that already have a port of the host
 * get that very one. Throws Internal in Docker's words, with nothing held, when one is taken.
 */
export function holdPorts(room: Room, network: NetworkRecord, owner: PortOwner, wanted: readonly PortBinding[]): PortBinding[] {
  const options = bridgeOptionsOf(network);
  const range = parsePortRange(wanted.some(({ hostPort }) => hostPort === 0) ? room.host.readOwnSysctl('net/ipv4/ip_local_port_range') : undefined);
  const hasIPv6 = room.host.readOwnSysctl('net/ipv6/conf/all/disable_ipv6') === '0';
  const target = { name: owner.containerName, ipv4: owner.ipv4?.address, ipv6: owner.ipv6?.address };
  return room.ports.hold(owner.id, wanted.map((binding) => planPort(binding, options, range, hasIPv6, target)), target);
}
