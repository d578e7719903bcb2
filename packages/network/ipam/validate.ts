import { contains, formatCidr, Internal, InvalidArgument, overlaps, parseCidr, parseIp, type Cidr } from '#base';
import type { Pool } from '../port.ts';
import { canonical, isReserved } from './addresses.ts';

/** Throws InvalidArgument with every fault of the pools, one a line, in Docker's words. */
export function validatePools(pools: readonly Partial<Pool>[]): void {
  const faults = pools.flatMap(faultsOf);
  if (faults.length > 0) throw new InvalidArgument(`invalid network config:\n${faults.join('\n')}`);
}

/**
 * Throws Internal when a pool's gateway or an auxiliary address cannot be its own: the subnet's first or last address, or one
 * given twice. `gateways`: the families whose pools need one.
 */
export function validateReservations(pools: readonly Pool[], gateways: Readonly<Record<4 | 6, boolean>> = { 4: true, 6: true }): void {
  for (const { subnet, gateway, auxiliary } of pools) {
    const lacks = gateway === '' && gateways[subnet.includes(':') ? 6 : 4];
    if (lacks || (gateway !== '' && isReserved(subnet, gateway))) throw new Internal(`failed to allocate gateway (${gateway}): ${gateway === '' ? 'no available addresses on this pool' : 'Address already in use'}`);
    const taken = new Set(gateway === '' ? [] : [canonical(gateway)]);
    for (const [name, address] of Object.entries(auxiliary)) {
      if (taken.has(canonical(address)) || isReserved(subnet, address)) throw new Internal(`failed to allocate secondary ip address (${name}:${address}): Address already in use`);
      taken.add(canonical(address));
    }
  }
}

/** Throws InvalidArgument for an IPv6 block that cuts into fe80::/64, of which every interface has an address, or lies around it. */
export function refuseLinkLocalClash(block: Cidr): void {
  const everyLink: Cidr = { family: 6, base: 0xfe80n << 112n, prefix: 64 };
  if (block.prefix !== everyLink.prefix && overlaps(everyLink, block)) throw new InvalidArgument("clash with the Link-Local prefix 'fe80::/64'");
}

function faultsOf(pool: Partial<Pool>): string[] {
  const subnet = pool.subnet ? parseCidr(pool.subnet) : undefined;
  if (!pool.subnet || !subnet) return [`invalid subnet ${pool.subnet ?? ''}: invalid CIDR block notation`];
  return [
    ...maskFaults('subnet', pool.subnet, subnet),
    ...(pool.ipRange ? rangeFaults(pool.ipRange, subnet) : []),
    ...(pool.gateway ? addressFaults('gateway', pool.gateway, subnet) : []),
    ...Object.values(pool.auxiliary ?? {}).flatMap((address) => addressFaults('auxiliary address', address, subnet)),
  ];
}

function maskFaults(what: string, text: string, block: Cidr): string[] {
  const ip = parseIp(text.slice(0, text.indexOf('/')));
  return ip?.value === block.base ? [] : [`invalid ${what} ${text}: it should be ${formatCidr(block)}`];
}

function rangeFaults(text: string, subnet: Cidr): string[] {
  const range = parseCidr(text);
  if (!range) return [`invalid ip-range ${text}: invalid CIDR block notation`];
  const faults = maskFaults('ip-range', text, range);
  if (range.family !== subnet.family) return [...faults, `invalid ip-range ${text}: parent subnet is an IPv${subnet.family} block`];
  if (range.prefix < subnet.prefix) return [...faults, `invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${formatCidr(subnet)}`];
  if (!contains(subnet, range)) return [...faults, `invalid ip-range ${text}: parent subnet ${formatCidr(subnet)} doesn't contain ip-range`];
  return faults;
}

function addressFaults(what: string, text: string, subnet: Cidr): string[] {
  const ip = parseIp(text);
  if (!ip) return [`invalid ${what} ${text}: invalid address`];
  if (ip.family !== subnet.family) return [`invalid ${what} ${text}: parent subnet is an IPv${subnet.family} block`];
  if (!contains(subnet, ip)) return [`invalid ${what} ${text}: parent subnet ${formatCidr(subnet)} doesn't contain this address`];
  return [];
}
