/** `NetworkingConfig` of `POST /containers/create`, checked and completed. */
import { BlockList } from 'node:net';
import { InvalidArgument, isKind, messageOf, parseIp } from '#base';
import type { Networks } from '#network';
import type { CreateContainerBody, EndpointSettings } from '#spec';
import { completeEndpoint } from './network-seat.ts';
import { isContainerMode, isUserDefined } from './modes.ts';

/** What addresses are checked against. */
export interface AddressContext {
  readonly networks: Pick<Networks, 'find'>;
  /** Addresses may be chosen of subnets that the daemon chose too: so it is since API 1.52. */
  readonly anySubnet: boolean;
}

/**
 * Endpoint settings by network name, that of `NetworkMode` first. Who names networks gets these and no others: `NetworkMode`
 * stands for one only where none is named. Throws InvalidArgument.
 */
export function endpointsOf(networking: CreateContainerBody['NetworkingConfig'], mode: string, context: AddressContext): Record<string, EndpointSettings> {
  const { networks } = context;
  const given = Object.entries(networking?.EndpointsConfig ?? {}).map(([name, settings]) => [name === 'default' ? 'bridge' : name, settings] as const);
  for (const [name, settings] of given) {
    if (settings === null) throw new InvalidArgument(`invalid config for network ${name}: EndpointsConfig is nil`);
    requireEndpoint(name, settings, context);
  }
  if (isContainerMode(mode)) return {};
  if (given.length === 0 || mode === 'host') given.unshift([mode, {}]);
  const seats = given.map(([name, settings]) => [nameOf(name, networks), completeEndpoint(settings)] as const);
  const main = nameOf(mode, networks);
  return Object.fromEntries(seats.toSorted(([a], [b]) => Number(b === main) - Number(a === main)));
}

function requireEndpoint(name: string, settings: Partial<EndpointSettings>, context: AddressContext): void {
  try {
    validateEndpoint(name, settings, context);
  } catch (error) {
    throw new InvalidArgument(`invalid config for network ${name}: ${messageOf(error)}`, { cause: error });
  }
}

/** Connect uses it too. Throws InvalidArgument with every reason. */
export function validateEndpoint(name: string, settings: Partial<EndpointSettings>, context: AddressContext): void {
  if (settings.MacAddress && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(settings.MacAddress)) throw new InvalidArgument(`invalid MAC address ${settings.MacAddress}`);
  const reasons: string[] = [];
  const addresses = [settings.IPAMConfig?.IPv4Address, settings.IPAMConfig?.IPv6Address].flatMap((address) => address || []);
  if (!isUserDefined(name)) {
    if (addresses.length > 0) reasons.push('user specified IP address is supported on user defined networks only');
    if (settings.Aliases?.length) reasons.push('network-scoped alias is supported only for containers in user defined networks');
  }
  for (const [family, address] of [[4, settings.IPAMConfig?.IPv4Address], [6, settings.IPAMConfig?.IPv6Address]] as const) {
    if (address && !isAddress(address, family)) reasons.push(`invalid IPv${family} address: ${address}`);
  }
  for (const address of settings.IPAMConfig?.LinkLocalIPs ?? []) if (!isAddress(address, 4) && !isAddress(address, 6)) reasons.push(`invalid link-local IP address: ${address}`);
  reasons.push(...rangeFaults(settings.IPAMConfig ?? {}, subnetsOf(name, context)));
  reasons.push(...sysctlFaults(settings.DriverOpts?.['com.docker.network.endpoint.sysctls'] ?? ''));
  if (reasons.length > 0) throw new InvalidArgument(`invalid endpoint settings:\n${reasons.length === 1 ? reasons[0] : reasons.map((reason) => `* ${reason}`).join('\n')}`);
}

/** Whether addresses lie in the subnets that users configured, family by family; nothing where there is no network yet. */
function rangeFaults({ IPv4Address, IPv6Address }: NonNullable<Partial<EndpointSettings>['IPAMConfig']>, subnets: readonly string[] | undefined): string[] {
  return [[false, IPv4Address] as const, [true, IPv6Address] as const].flatMap(([isIPv6, address]) => {
    if (!address || !subnets) return [];
    const asked = subnets.filter((subnet) => subnet.includes(':') === isIPv6);
    if (asked.length === 0) return ['user specified IP address is supported only when connecting to networks with user configured subnets'];
    return asked.some((subnet) => contains(subnet, address)) ? [] : [`no configured subnet or ip-range contain the IP address ${address}`];
  });
}

/** Neither of another family, nor IPv4 in the dress of IPv6 (RFC 4291, 2.5.5.2), nor the one that stands for all. */
function isAddress(text: string, family: 4 | 6): boolean {
  const ip = parseIp(text);
  return ip?.family === family && ip.value !== 0n && !(family === 6 && ip.value >> 32n === 0xffffn);
}

/** `net.X.Y.IFNAME.Z=V`, several with commas between. */
function sysctlFaults(text: string): string[] {
  const wrong = text.split(',').filter((sysctl) => sysctl !== '' && !/^net\.(?:ipv4|ipv6|mpls)\.[^.]+\.(?:IFNAME|ifname)\.[^=]+=/.test(sysctl));
  return wrong.map((sysctl) => `unrecognised network interface sysctl '${sysctl}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`);
}

/** An id or prefix becomes the network's name; a network that is not there yet keeps what was written. */
function nameOf(name: string, networks: Pick<Networks, 'find'>): string {
  return lookup(name, networks)?.name ?? name;
}

/** Those that users may choose of; undefined for a network that is not there yet: the start will tell. */
function subnetsOf(name: string, { networks, anySubnet }: AddressContext): string[] | undefined {
  return lookup(name, networks)?.ipam.pools.filter(({ isDefault }) => anySubnet || !isDefault).map(({ subnet }) => subnet);
}

function lookup(name: string, networks: Pick<Networks, 'find'>): ReturnType<Networks['find']> | undefined {
  try {
    return networks.find(name);
  } catch (error) {
    if (isKind(error, 'NotFound')) return undefined;
    throw error;
  }
}

function contains(subnet: string, address: string): boolean {
  const [base = '', bits = '0'] = subnet.split('/');
  const list = new BlockList();
  const family = base.includes(':') ? 'ipv6' : 'ipv4';
  if (family !== (address.includes(':') ? 'ipv6' : 'ipv4')) return false;
  list.addSubnet(base, Number(bits), family);
  return list.check(address, family);
}
