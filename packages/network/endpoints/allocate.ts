import { Forbidden, formatIp, Internal, InvalidArgument, messageOf, newId, parseCidr, parseIp, Unavailable } from '#base';
import { nftablesMissing } from '#kernel';
import { canonical, isReserved, macOf, nextAddress, poolContains, reservedOf } from '../ipam/addresses.ts';
import { routesByInterface } from '../ipvlan/driver.ts';
import { findNetwork } from '../networks/find.ts';
import type { EndpointRequest, NetworkRecord, Pool, PortBinding } from '../port.ts';
import { holdPorts, publishes, type PortOwner } from '../ports/hold.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';
import { dnsNamesOf } from './dns-names.ts';

/** What was settled about a seat before it is stored. */
export interface Settled {
  readonly id?: string;
  /** Addresses that a plugin has given. */
  readonly leases?: Pick<StoredEndpoint, 'ipv4' | 'ipv6'>;
  readonly isGateway?: boolean;
}

/** Reserves addresses and host ports for one seat of a container. Nothing is left when it throws. */
export function allocate(room: Room, request: EndpointRequest, { id = newId(), leases, isGateway = false }: Settled = {}): StoredEndpoint {
  const network = findNetwork(room, request.network);
  validateRequest(room, network, request);
  const { ipv4, ipv6 } = leases ?? leaseBoth(room, network, request);
  const ports = publish(room, network, { id, ipv4, ipv6, containerName: request.containerName }, request.ports);
  try {
    const endpoint: StoredEndpoint = {
      id,
      networkId: network.id,
      networkName: network.name,
      containerId: request.containerId,
      containerName: request.containerName,
      hostname: request.hostname ?? '',
      ipv4,
      ipv6,
      macAddress: request.macAddress || (network.remote ? '' : ownMac(id, { ipv4, ipv6 }, request)),
      aliases: request.aliases,
      dnsNames: isGateway ? [] : dnsNamesOf(network, request),
      links: request.links ?? [],
      ...(request.sysctls && { sysctls: request.sysctls }),
      ...(request.reaches?.length && { reaches: request.reaches }),
      linkLocal: (request.linkLocalAddresses ?? []).map((address) => ({ address, prefix: address.includes(':') ? 64 : 16 })),
      routesByInterface: routesByInterface(network),
      ports,
      ...(ports.length > 0 && { askedPorts: request.ports }),
      interfaceName: undefined,
      driverOptions: request.driverOptions ?? {},
      gatewayPriority: request.gatewayPriority ?? 0,
      ...(isGateway && { isGateway }),
      ...(!network.remote && request.containerPorts && { openPorts: request.containerPorts.published }),
      ...(network.remote && { remote: { ports: request.containerPorts ?? { published: [], exposed: [] } } }),
    };
    const chosen = leases ? [] : [request.ipv4Address ? undefined : ipv4, request.ipv6Address ? undefined : ipv6].flatMap((given) => given?.address ?? []);
    room.store.addEndpoint(endpoint, chosen);
    return endpoint;
  } catch (error) {
    room.ports.release(id);
    throw error;
  }
}

/** Throws in Docker's words for what cannot be a seat in this network. */
export function validateRequest(room: Room, network: NetworkRecord, request: EndpointRequest): void {
  if (network.configOnly) throw new Forbidden('cannot create endpoint on configuration-only network');
  if (room.store.endpointsOfContainer(request.containerId).some(({ networkId }) => networkId === network.id)) {
    throw new Forbidden(`endpoint with name ${request.containerName} already exists in network ${network.name}`);
  }
  validateAddresses(network, request);
  for (const address of request.linkLocalAddresses ?? []) if (!isLinkLocal(address)) throw new InvalidArgument(`invalid link local IP address: ${address}`);
}

/** Throws InvalidArgument, every fault on a line of its own, as Docker's create does. */
export function validateAddresses(network: NetworkRecord, { ipv4Address, ipv6Address }: Pick<EndpointRequest, 'ipv4Address' | 'ipv6Address'>): void {
  const faults: string[] = [];
  for (const [family, address] of [[4, ipv4Address], [6, ipv6Address]] as const) {
    if (!address) continue;
    if (parseIp(address)?.family !== family) faults.push(`invalid IPv${family} address: ${address}`);
    else if (network.name === 'bridge') faults.push('user specified IP address is supported on user defined networks only');
    else if (!network.ipam.pools.some((pool) => poolContains(pool, address))) faults.push(`no configured subnet or ip-range contain the IP address ${address}`);
  }
  if (faults.length > 0) throw new InvalidArgument(`invalid config for network ${network.name}: invalid endpoint settings:\n${faults.join('\n')}`);
}

/** 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291). */
function isLinkLocal(address: string): boolean {
  const ip = parseIp(address);
  return ip?.family === 4 ? ip.value >> 16n === 0xa9fen : ip !== undefined && ip.value >> 118n === 0x3fan;
}

function leaseBoth(room: Room, network: NetworkRecord, { ipv4Address, ipv6Address, macAddress, withoutIPv6 }: EndpointRequest): Pick<StoredEndpoint, 'ipv4' | 'ipv6'> {
  if (network.ipam.driver === 'null') return { ipv4: undefined, ipv6: undefined };
  const ipv4 = lease(room, network, 4, ipv4Address);
  const ipv6 = withoutIPv6 ? undefined : lease(room, network, 6, ipv6Address || addressOfMac(network, macAddress || (ipv4 ? macOf(ipv4.address) : '')));
  return { ipv4, ipv6 };
}

function lease(room: Room, network: NetworkRecord, family: 4 | 6, wanted: string | undefined): { address: string; prefix: number; gateway: string } | undefined {
  const pools = network.ipam.pools.filter(({ subnet }) => parseCidr(subnet)?.family === family);
  if (pools.length === 0) return undefined;
  const taken = new Set(room.store.endpointsOfNetwork(network.id).flatMap((endpoint) => (family === 4 ? endpoint.ipv4 : endpoint.ipv6)?.address ?? []));
  const [pool, address] = wanted ? claim(pools, taken, canonical(wanted)) : choose(pools, taken, network, room.store.lastAddress(network.id, family), family);
  return { address, prefix: parseCidr(pool.subnet)?.prefix ?? 0, gateway: gatewayOf(network, pool, family) };
}

/** On the default bridge an IPv6 address is the subnet's with the interface's own in its last 48 bits, where the subnet, or the range that addresses are given from, leaves room for them. */
function addressOfMac(network: NetworkRecord, mac: string): string | undefined {
  if (network.options['com.docker.network.bridge.default_bridge'] !== 'true' || mac === '') return undefined;
  const block = network.ipam.pools.flatMap(({ subnet, ipRange }) => parseCidr(ipRange || subnet) ?? []).find(({ family }) => family === 6);
  if (!block || block.prefix > 80) return undefined;
  return formatIp({ family: 6, value: block.base + BigInt(`0x${mac.replaceAll(/[:-]/g, '')}`) });
}

function claim(pools: readonly Pool[], taken: ReadonlySet<string>, address: string): [Pool, string] {
  const pool = pools.find((candidate) => poolContains(candidate, address));
  if (!pool || taken.has(address) || isReserved(pool.subnet, address) || reservedOf(pool).includes(address)) throw new Forbidden('Address already in use');
  return [pool, address];
}

function choose(pools: readonly Pool[], taken: ReadonlySet<string>, network: NetworkRecord, last: string | undefined, family: 4 | 6): [Pool, string] {
  for (const pool of pools) {
    const address = nextAddress(pool, taken, last);
    if (address !== undefined) return [pool, address];
  }
  throw new Internal(`no available IPv${family} addresses on this network's address pools: ${network.name} (${network.id})`);
}

/**
 * An internal network leads nowhere, so its containers get no default route; a plugin tells its gateway when they join.
 * What the bridge is not the gateway for names another by an auxiliary address of that name, as `--default-gateway` does.
 */
export function gatewayOf(network: NetworkRecord, { auxiliary, gateway }: Pool, family: 4 | 6): string {
  if (network.internal || network.remote || routesByInterface(network)) return '';
  return (network.driver === 'bridge' && auxiliary[`DefaultGatewayIPv${family}`]) || gateway;
}

function publish(room: Room, network: NetworkRecord, owner: PortOwner, wanted: readonly PortBinding[]): PortBinding[] {
  if (wanted.length === 0 || !publishes(network)) return [];
  try {
    if (room.packetRules && room.host.nftablesFault !== undefined) throw new Unavailable(nftablesMissing);
    return holdPorts(room, network, owner, wanted);
  } catch (error) {
    throw new Internal(`driver failed programming external connectivity on endpoint ${owner.containerName} (${owner.id}): ${messageOf(error)}`, { cause: error });
  }
}

/** Made from its address; '' for what has no interface. One whose only address is switched off has one all the same. */
function ownMac(id: string, { ipv4, ipv6 }: Pick<StoredEndpoint, 'ipv4' | 'ipv6'>, { withoutIPv6 }: EndpointRequest): string {
  if (ipv4) return macOf(ipv4.address);
  if (ipv6) return macOfIPv6(ipv6.address);
  return withoutIPv6 ? ['02', '42', ...(id.slice(0, 8).match(/../g) ?? [])].join(':') : '';
}

/** The last four bytes of the IPv6 address in the place of an IPv4 one. */
function macOfIPv6(address: string): string {
  const low = (parseIp(address)?.value ?? 0n) & 0xffffffffn;
  return ['02', '42', ...(low.toString(16).padStart(8, '0').match(/../g) ?? [])].join(':');
}
