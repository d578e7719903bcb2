/**
 * Links where containers may not call each other (icc=false). Their bridge ports are isolated, so what a linked
 * container sends its neighbour goes by the host: the host answers for the neighbour's address (RFC 3069), and forwards
 * what an element of `linked4` lets through. As with Docker it is IPv4 and the exposed ports, no more.
 */
import { bridgeOptionsOf } from '../bridge/options.ts';
import type { Host } from '../kernel.ts';
import type { NetworkRecord } from '../port.ts';
import type { StoredEndpoint } from '../store.ts';
import type { PortElement } from './ports.ts';

type FindNetwork = (id: string) => NetworkRecord | undefined;

/** The elements of every link that has one of `concerned` at an end; `all` are the endpoints that are laid. */
export function linkElements(concerned: readonly StoredEndpoint[], all: readonly StoredEndpoint[], networkOf: FindNetwork): PortElement[] {
  const ids = new Set(concerned.map(({ id }) => id));
  return all.filter(({ networkId, reaches }) => reaches && isolates(networkOf(networkId))).flatMap((from) => (from.reaches ?? []).flatMap(({ containerId, protocol, port }): PortElement[] => {
    const to = all.find((other) => other.containerId === containerId && other.networkId === from.networkId);
    if (!to?.ipv4 || !from.ipv4 || !(ids.has(from.id) || ids.has(to.id))) return [];
    return [{ family: 'inet', set: 'linked4', key: [{ address: from.ipv4.address }, { address: to.ipv4.address }, { protocol }, { port }] }];
  }));
}

/** Lets the host answer for neighbours on the bridges of these endpoints, where links need it. */
export function answerForNeighbours(host: Pick<Host, 'writeSysctl'>, endpoints: readonly StoredEndpoint[], networkOf: FindNetwork): void {
  for (const { networkId, reaches } of endpoints) {
    const network = networkOf(networkId);
    if (!reaches || !network || !isolates(network)) continue;
    const name = network.interfaceName.replaceAll('/', '.');
    host.writeSysctl(`net/ipv4/conf/${name}/proxy_arp_pvlan`, '1');
    // The kernel answers for others only after a while of up to 0.8 s.
    host.writeSysctl(`net/ipv4/neigh/${name}/proxy_delay`, '0');
  }
}

function isolates(network: NetworkRecord | undefined): boolean {
  return network?.driver === 'bridge' && !network.internal && !bridgeOptionsOf(network).icc;
}
