import { Internal } from '#base';
import { addAddress, addRoute, listRoutes, parseRoute, setLink, type Netlink, type NetlinkRequest } from '#kernel';
import type { Endpoint } from '../port.ts';
import type { StoredEndpoint } from '../store.ts';

/**
 * The endpoints in the order in which they become eth0, eth1 …: the highest gateway priority first, then those with gateways of both
 * families, those with one, those with none, then by the name of the network; what was not asked for comes last. The first one with a gateway gives the default route, for each family by itself.
 */
export function inOrder<T extends Endpoint>(endpoints: readonly T[]): T[] {
  return [...endpoints].sort((a, b) => Number(a.isGateway ?? false) - Number(b.isGateway ?? false) || b.gatewayPriority - a.gatewayPriority || gatewaysOf(b) - gatewaysOf(a) || (a.networkName < b.networkName ? -1 : 1));
}

function gatewaysOf({ ipv4, ipv6 }: Endpoint): number {
  return [ipv4, ipv6].filter((lease) => Boolean(lease?.gateway)).length;
}

/** True when a container gets out of its own subnet by this endpoint. */
export function leadsOut(endpoint: StoredEndpoint, family: Family): boolean {
  return Boolean(endpoint[family]?.gateway) || (endpoint[family] !== undefined && endpoint.routesByInterface === true);
}

/** What is told the kernel inside a sandbox to make an interface work: addresses, then up. */
export function addressRequests(endpoint: StoredEndpoint, index: number): NetlinkRequest[] {
  const addresses = [endpoint.ipv4, endpoint.ipv6].flatMap((lease) => (lease ? [addAddress({ index, address: lease.address, prefix: lease.prefix })] : []));
  const linkLocal = (endpoint.linkLocal ?? []).map((address) => addAddress({ index, ...address, scope: 'link' }));
  return [...addresses, ...linkLocal, setLink(index, { up: true }), ...staticRoutes(endpoint, index)];
}

/** Those on the link come first: next hops may lie behind them. */
function staticRoutes({ remote }: StoredEndpoint, index: number): NetlinkRequest[] {
  const routes = remote?.joined?.routes ?? [];
  const onLink = routes.filter(({ nextHop }) => nextHop === undefined);
  const byHop = routes.filter(({ nextHop }) => nextHop !== undefined);
  return [...onLink.map(({ destination }) => addRoute({ destination, index })), ...byHop.map(({ destination, nextHop = '' }) => addRoute({ destination, gateway: nextHop }))];
}

export type Family = 'ipv4' | 'ipv6';

/** The default routes of a sandbox whose endpoints have these interface indexes. */
export function defaultRoutes(endpoints: readonly StoredEndpoint[], indexOf: (endpoint: Endpoint) => number, families: readonly Family[] = ['ipv4', 'ipv6']): NetlinkRequest[] {
  return families.flatMap((family) => {
    const chosen = gatewayAmong(endpoints, family);
    if (!chosen) return [];
    const gateway = chosen[family]?.gateway;
    return [addRoute({ destination: family === 'ipv4' ? '0.0.0.0/0' : '::/0', ...(gateway && { gateway }), index: indexOf(chosen) })];
  });
}

/** The endpoint that gives the default route of a family. */
function gatewayAmong(endpoints: readonly StoredEndpoint[], family: Family): StoredEndpoint | undefined {
  return inOrder(endpoints).find((endpoint) => endpoint[family] && leadsOut(endpoint, family));
}

/** The families whose default route another endpoint gives after the change than before it. */
export function gatewayChanges(before: readonly StoredEndpoint[], after: readonly StoredEndpoint[]): Family[] {
  return (['ipv4', 'ipv6'] as const).filter((family) => gatewayAmong(before, family)?.id !== gatewayAmong(after, family)?.id);
}

/** Throws Internal where a default route that is to be set is somebody's own: one by no interface of these endpoints that lead out. */
export function refuseForeignGateway(endpoints: readonly StoredEndpoint[], families: readonly Family[], netlink: Pick<Netlink, 'query'>, indexOf: (endpoint: Endpoint) => number): void {
  const wanted = new Set<string>(families.filter((family) => gatewayAmong(endpoints, family)).map((family) => (family === 'ipv4' ? '0.0.0.0/0' : '::/0')));
  if (wanted.size === 0) return;
  const own = new Set(endpoints.filter((endpoint) => leadsOut(endpoint, 'ipv4') || leadsOut(endpoint, 'ipv6')).map(indexOf));
  const routes = netlink.query(listRoutes()).flatMap((message) => parseRoute(message) ?? []);
  if (routes.some(({ destination, index }) => wanted.has(destination) && index !== undefined && !own.has(index))) throw new Internal('failed to set gateway: file exists');
}
