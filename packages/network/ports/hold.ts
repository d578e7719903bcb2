import { bridgeOptionsOf } from '../bridge/options.ts';
import type { Endpoint, NetworkRecord, PortBinding } from '../port.ts';
import type { Room } from '../room.ts';
import { parsePortRange, planPort, type PortPlan, type PortTarget } from './plan.ts';

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
  return room.ports.hold(owner.id, plansOf(room, network, owner, wanted), targetOf(owner));
}

/** Holds those that an endpoint has already, as far as other programs left them. Returns what is to be told of the others. */
export function keepPorts(room: Room, network: NetworkRecord, owner: PortOwner & Pick<Endpoint, 'ports'>): Error[] {
  return room.ports.keep(owner.id, plansOf(room, network, owner, owner.ports), targetOf(owner));
}

function plansOf(room: Room, network: NetworkRecord, owner: PortOwner, wanted: readonly PortBinding[]): PortPlan[] {
  const options = bridgeOptionsOf(network);
  const range = parsePortRange(wanted.some(({ hostPort }) => hostPort === 0) ? room.host.readOwnSysctl('net/ipv4/ip_local_port_range') : undefined);
  const hasIPv6 = room.host.readOwnSysctl('net/ipv6/conf/all/disable_ipv6') === '0';
  const target = targetOf(owner);
  return wanted.map((binding) => planPort(binding, options, range, hasIPv6, target));
}

function targetOf({ containerName, ipv4, ipv6 }: PortOwner): PortTarget & { readonly name: string } {
  return { name: containerName, ipv4: ipv4?.address, ipv6: ipv6?.address };
}
