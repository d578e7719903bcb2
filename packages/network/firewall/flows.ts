/**
 * UDP flows outlive what they were made for: a client that goes on sending keeps its entry, and with it the way its
 * first packet took. So a port that opens forgets the flows that went elsewhere, and one that closes those to its
 * container. TCP needs nothing: a connection ends with its ends.
 */
import { forgetUdpFlow, listUdpFlows, parseUdpFlow, type NetlinkRequest, type UdpFlow } from '#kernel';
import { tolerating } from '#base';
import type { Host } from '../kernel.ts';
import type { Endpoint } from '../port.ts';

/** Forgets the flows to the host ports of these endpoints that are not answered by them. */
export function forgetEarlierFlows(host: Host, endpoints: readonly Endpoint[]): void {
  for (const { ipv4, ipv6, ports } of endpoints) {
    for (const { protocol, hostIp, hostPort } of ports) {
      if (protocol !== 'udp') continue;
      const family = hostIp.includes(':') ? 6 : 4;
      const own = (family === 6 ? ipv6 : ipv4)?.address;
      forget(host, listUdpFlows(family, { destinationPort: hostPort }), (flow) => flow.destinationPort === hostPort && flow.answeredBy !== own);
    }
  }
}

/** Forgets the flows that these endpoints answered through published ports. */
export function forgetOwnFlows(host: Host, endpoints: readonly Endpoint[]): void {
  for (const { ipv4, ipv6, ports } of endpoints) {
    if (!ports.some(({ protocol }) => protocol === 'udp')) continue;
    for (const [family, lease] of [[4, ipv4], [6, ipv6]] as const) {
      if (lease) forget(host, listUdpFlows(family, { answeredBy: lease.address }), (flow) => flow.answeredBy === lease.address);
    }
  }
}

function forget(host: Host, list: NetlinkRequest, matches: (flow: UdpFlow) => boolean): void {
  for (const message of host.conntrack.query(list)) {
    const flow = parseUdpFlow(message);
    if (flow && matches(flow)) forgetOne(host, flow);
  }
}

/** One that ended between the list and now is what we wanted. */
function forgetOne(host: Host, flow: UdpFlow): void {
  tolerating(['ENOENT'], undefined, () => host.conntrack.run(forgetUdpFlow(flow)));
}
