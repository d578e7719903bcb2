/** Which container answers to which name, seen from one container; pure over the store's endpoints. */
import { formatIp, parseIp } from '#base';
import type { StoredEndpoint } from '../store.ts';

/** The names of one network. Built once for each change of the network, read by every query. */
export interface NetworkNames {
  readonly networkName: string;
  readonly byName: ReadonlyMap<string, readonly StoredEndpoint[]>;
  readonly byAddress: ReadonlyMap<string, StoredEndpoint>;
}

/** Indexes the endpoints that are attached; a name may belong to several. */
export function indexNames(networkName: string, endpoints: readonly StoredEndpoint[]): NetworkNames {
  const byName = new Map<string, StoredEndpoint[]>();
  const byAddress = new Map<string, StoredEndpoint>();
  for (const endpoint of endpoints) {
    if (endpoint.interfaceName === undefined) continue;
    for (const name of endpoint.dnsNames) {
      const key = name.toLowerCase();
      byName.set(key, [...(byName.get(key) ?? []), endpoint]);
    }
    for (const lease of [endpoint.ipv4, endpoint.ipv6]) if (lease) byAddress.set(lease.address, endpoint);
  }
  return { networkName: networkName.toLowerCase(), byName, byAddress };
}

/** One network as the asking container sits in it. */
export interface SeatView {
  readonly seat: StoredEndpoint;
  readonly names: NetworkNames;
}

/**
 * The endpoints that `name` means to a container with these seats, one list for each network that knows it, the best
 * first: its own links, names in any of its networks, then `name.network`. Empty when nobody has the name.
 */
export function lookUp(seats: readonly SeatView[], name: string): readonly (readonly StoredEndpoint[])[] {
  const ways = [({ seat, names }: SeatView) => linked(seat, names, name), ({ names }: SeatView) => names.byName.get(name), ({ names }: SeatView) => qualified(names, name)];
  return ways.flatMap((way) => seats.flatMap((view) => [way(view) ?? []].filter(({ length }) => length > 0)));
}

/** The name of the container that has an address, as Docker writes it: `name.network`. */
export function lookUpAddress(seats: readonly SeatView[], address: string): string | undefined {
  for (const { names, seat } of seats) {
    const owner = names.byAddress.get(address);
    if (owner) return `${owner.containerName}.${seat.networkName}`;
  }
  return undefined;
}

/** The address in `4.3.2.1.in-addr.arpa` or the nibbles of `ip6.arpa`; undefined for any other name. */
export function addressOfReverseName(name: string): string | undefined {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  if (v4) return canonical(v4.split('.').filter(Boolean).toReversed().join('.'));
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  const nibbles = v6?.replaceAll('.', '').split('').toReversed().join('');
  return nibbles === undefined ? undefined : canonical((nibbles.match(/.{4}/g) ?? []).join(':'));
}

function linked(seat: StoredEndpoint, names: NetworkNames, name: string): readonly StoredEndpoint[] | undefined {
  for (const link of seat.links) {
    const [target = '', alias = target] = link.split(':');
    const own = alias.toLowerCase();
    if (name === own || name === `${own}.${names.networkName}`) return names.byName.get(target.toLowerCase()) ?? names.byName.get(target.slice(0, 12));
  }
  return undefined;
}

function qualified(names: NetworkNames, name: string): readonly StoredEndpoint[] | undefined {
  const suffix = `.${names.networkName}`;
  return name.endsWith(suffix) ? names.byName.get(name.slice(0, -suffix.length)) : undefined;
}

function canonical(address: string): string | undefined {
  const ip = parseIp(address);
  return ip && formatIp(ip);
}
