/** Subnets with the ranges, gateways and addresses that lie in them. */
import { contains, InvalidArgument, parseCidr, parseIp } from '#base';
import type { IpamPool } from '#spec';

/** One pool for each subnet. Throws InvalidArgument in Docker's words for what lies in none, or twice in one. */
export function addressPools(subnets: readonly string[], ranges: readonly string[], gateways: readonly string[], auxiliary: Readonly<Record<string, string>>): IpamPool[] {
  if (subnets.length < ranges.length || subnets.length < gateways.length) throw new InvalidArgument('every ip-range or gateway must have a corresponding subnet');
  const pools = new Map<string, IpamPool>();
  for (const subnet of subnets) {
    for (const other of pools.keys()) {
      if (isWithin(subnet, other) || isWithin(other, subnet)) throw new InvalidArgument('multiple overlapping subnet configuration is not supported');
    }
    pools.set(subnet, { Subnet: subnet });
  }
  for (const range of ranges) if (pools.size > 0 && !parseCidr(range)) throw new InvalidArgument(`invalid CIDR address: ${range}`);
  for (const range of ranges) place(pools, range, 'IPRange', `no matching subnet for range ${range}`, (subnet) => `cannot configure multiple ranges (${range}, %s) on the same subnet (${subnet})`);
  for (const gateway of gateways) place(pools, gateway, 'Gateway', `no matching subnet for gateway ${gateway}`, (subnet) => `cannot configure multiple gateways (${gateway}, %s) for the same subnet (${subnet})`);
  for (const [name, address] of Object.entries(auxiliary)) {
    const pool = [...pools.values()].find(({ Subnet = '' }) => isWithin(Subnet, address));
    if (!pool) throw new InvalidArgument(`no matching subnet for aux-address ${address}`);
    pool.AuxiliaryAddresses = { ...pool.AuxiliaryAddresses, [name]: address };
  }
  return [...pools.values()];
}

function place(pools: ReadonlyMap<string, IpamPool>, value: string, key: 'IPRange' | 'Gateway', absent: string, twice: (subnet: string) => string): void {
  const pool = [...pools.values()].find(({ Subnet = '' }) => isWithin(Subnet, value));
  if (!pool) throw new InvalidArgument(absent);
  const earlier = pool[key];
  if (earlier !== undefined) throw new InvalidArgument(twice(pool.Subnet ?? '').replace('%s', earlier));
  pool[key] = value;
}

/** True when an address or range lies in a subnet. Throws InvalidArgument for a subnet that is none. */
function isWithin(subnet: string, value: string): boolean {
  const outer = parseCidr(subnet);
  if (!outer) throw new InvalidArgument(`invalid subnet: invalid CIDR address: ${subnet}`);
  const inner = value.includes('/') ? parseCidr(value) : parseIp(value);
  return inner !== undefined && contains(outer, inner);
}
