import { addAddress, addRoute, setLink, type NetlinkRequest } from '#kernel';
import type { Endpoint } from '../port.ts';

/**
 * The endpoints in the order in which they become eth0, eth1 …: the highest gateway priority first, then by the name of
 * the network. The first one with a gateway gives the default route, for each family by itself.
 */
export function inOrder<T extends Endpoint>(endpoints: readonly T[]): T[] {
  return [...endpoints].sort((a, b) => b.gatewayPriority - a.gatewayPriority || (a.networkName < b.networkName ? -1 : 1));
}

/** What is told the kernel inside a sandbox to make an interface work: addresses, then up. */
export function addressRequests(endpoint: Endpoint, index: number): NetlinkRequest[] {
  const addresses = [endpoint.ipv4, endpoint.ipv6].flatMap((lease) => (lease ? [addAddress({ index, address: lease.address, prefix: lease.prefix })] : []));
  return [...addresses, setLink(index, { up: true })];
}

/** The default routes of a sandbox whose endpoints have these interface indexes. */
export function defaultRoutes(endpoints: readonly Endpoint[], indexOf: (endpoint: Endpoint) => number): NetlinkRequest[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const chosen = inOrder(endpoints).find((endpoint) => endpoint[family]?.gateway);
    const gateway = chosen?.[family]?.gateway;
    if (!chosen || !gateway) return [];
    return [addRoute({ destination: family === 'ipv4' ? '0.0.0.0/0' : '::/0', gateway, index: indexOf(chosen) })];
  });
}
