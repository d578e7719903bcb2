/** The networks that a container is to be attached to, from `--network` and the older flags for its first network. */
import { InvalidArgument, quote } from '#base';
import type { EndpointSettings } from '#spec';
import { type NetworkRequest, plainNetwork } from './network.ts';

export interface EndpointFlags {
  readonly network: readonly NetworkRequest[];
  readonly 'network-alias': readonly string[];
  readonly link: readonly string[];
  readonly ip: string;
  readonly ip6: string;
  readonly 'mac-address': string;
  readonly 'link-local-ip': readonly string[];
}

/** `NetworkingConfig.EndpointsConfig`. Throws InvalidArgument in Docker's words. */
export function parseEndpoints(flags: EndpointFlags): Record<string, EndpointSettings> {
  const endpoints: Record<string, EndpointSettings> = {};
  const requests = flags.network.length === 0 ? [plainNetwork('default')] : flags.network;
  for (const [index, request] of requests.entries()) {
    const whole = index === 0 ? withContainerFlags(request, flags) : request;
    const endpoint = endpointOf(whole);
    if (Object.hasOwn(endpoints, request.target)) throw new InvalidArgument(`network ${quote(request.target)} is specified multiple times`);
    const left = flags.network.length === 1 && isPlain(whole);
    if (!left) endpoints[request.target] = endpoint;
  }
  const userDefined = flags.network.filter((request) => isUserDefined(request.target)).length;
  if (userDefined > 0 && userDefined < flags.network.length) {
    throw new InvalidArgument('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  }
  return endpoints;
}

/** True for a network that somebody made, as against the modes that are always there. */
export function isUserDefined(target: string): boolean {
  return !['default', 'bridge', 'host', 'none', 'nat'].includes(target) && !target.startsWith('container:');
}

function withContainerFlags(request: NetworkRequest, flags: EndpointFlags): NetworkRequest {
  const twice = (own: boolean, other: boolean, what: string, perNetwork: string): void => {
    if (own && other) throw new InvalidArgument(`conflicting options: cannot specify both ${what} and per-network ${perNetwork}`);
  };
  const links = isUserDefined(request.target) ? flags.link : [];
  twice(request.aliases.length > 0, flags['network-alias'].length > 0, '--network-alias', 'alias');
  twice(request.links.length > 0, flags.link.length > 0, '--link', 'links');
  twice(request.ip !== '', flags.ip !== '', '--ip', 'IPv4 address');
  twice(request.ip6 !== '', flags.ip6 !== '', '--ip6', 'IPv6 address');
  twice(request.mac !== '', flags['mac-address'] !== '', '--mac-address', 'MAC address');
  twice(request.linkLocal.length > 0, flags['link-local-ip'].length > 0, '--link-local-ip', 'link-local IP addresses');
  return {
    ...request,
    aliases: [...request.aliases, ...flags['network-alias']],
    links: [...request.links, ...links],
    ip: request.ip || flags.ip,
    ip6: request.ip6 || flags.ip6,
    mac: request.mac || flags['mac-address'],
    linkLocal: [...request.linkLocal, ...flags['link-local-ip']],
  };
}

/** An endpoint's settings as the wire has them. Throws InvalidArgument. */
function endpointOf(request: NetworkRequest): EndpointSettings {
  if (request.target.trim() === '') throw new InvalidArgument('no name set for network');
  if (!isUserDefined(request.target)) {
    if (request.aliases.length > 0) throw new InvalidArgument('network-scoped aliases are only supported for user-defined networks');
    if (request.links.length > 0) throw new InvalidArgument('links are only supported for user-defined networks');
  }
  if (request.mac !== '' && !isMac(request.mac)) throw new InvalidArgument(`${request.mac} is not a valid mac address`);
  const addressed = request.ip !== '' || request.ip6 !== '' || request.linkLocal.length > 0;
  const addresses = {
    ...(request.ip === '' ? {} : { IPv4Address: request.ip }),
    ...(request.ip6 === '' ? {} : { IPv6Address: request.ip6 }),
    ...(request.linkLocal.length === 0 ? {} : { LinkLocalIPs: request.linkLocal }),
  };
  return {
    IPAMConfig: addressed ? addresses : null,
    Links: request.links.length === 0 ? null : request.links,
    Aliases: request.aliases.length === 0 ? null : request.aliases,
    MacAddress: request.mac,
    DriverOpts: Object.keys(request.driverOptions).length === 0 ? null : request.driverOptions,
    GwPriority: request.gatewayPriority,
    NetworkID: '', EndpointID: '', Gateway: '', IPAddress: '', IPPrefixLen: 0,
    IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, DNSNames: null,
  };
}

function isPlain(request: NetworkRequest): boolean {
  return JSON.stringify({ ...request, target: '' }) === JSON.stringify(plainNetwork(''));
}

/** 6, 8 or 20 bytes, by `:` or `-` in pairs or by `.` in fours. */
export function isMac(text: string): boolean {
  const bytes = text.trim().replace(/[:.-]/g, '').length / 2;
  const shape = /^(?:[\da-f]{2}(:[\da-f]{2})+|[\da-f]{2}(-[\da-f]{2})+|[\da-f]{4}(\.[\da-f]{4})+)$/i;
  return shape.test(text.trim()) && (bytes === 6 || bytes === 8 || bytes === 20);
}
