import { contains, parseCidr, parseIp, sizeOf, formatIp, type Cidr } from '#base';
import type { Pool } from '../port.ts';

/** Addresses that a pool keeps for itself: its gateway and its auxiliary ones. */
export function reservedOf(pool: Pool): string[] {
  return [pool.gateway, ...Object.values(pool.auxiliary)].filter((address) => address !== '').map(canonical);
}

/**
 * The next free address of a pool, going round: the first one after `after` that is not taken, so that an address just
 * given back is not given to somebody else at once. The subnet's first address, and for IPv4 its last, are never given.
 * undefined when there is none left.
 */
export function nextAddress(pool: Pool, taken: ReadonlySet<string>, after: string | undefined): string | undefined {
  const range = rangeOf(pool);
  if (!range || range.last < range.first) return undefined;
  const reserved = new Set(reservedOf(pool));
  const previous = after === undefined ? undefined : parseIp(after)?.value;
  const start = previous !== undefined && previous >= range.first && previous < range.last ? previous + 1n : range.first;
  const tries = range.last - range.first + 1n;
  // No more addresses than this can be refused, however many the range holds.
  const limit = BigInt(taken.size + reserved.size + 1);
  for (let i = 0n, value = start; i < tries && i < limit; i++) {
    const address = formatIp({ family: range.family, value });
    if (!taken.has(address) && !reserved.has(address)) return address;
    value = value === range.last ? range.first : value + 1n;
  }
  return undefined;
}

/** The gateway a pool gets when none was asked for: the first address of its range that is not auxiliary. */
export function defaultGateway(pool: Pool): string | undefined {
  return nextAddress({ ...pool, gateway: '' }, new Set(), undefined);
}

/** True when `address` lies in the pool's subnet. */
export function poolContains(pool: Pool, address: string): boolean {
  const subnet = parseCidr(pool.subnet);
  const ip = parseIp(address);
  return subnet !== undefined && ip !== undefined && contains(subnet, ip);
}

/** True when it is an address of the subnet that nobody may have: the first, and for IPv4 the last. */
export function isReserved(subnet: string, address: string): boolean {
  const block = parseCidr(subnet);
  const ip = parseIp(address);
  if (!block || !ip) return false;
  const { first, last } = usableOf(block);
  return ip.value < first || ip.value > last;
}

/** The same address in the one form that the store compares. */
export function canonical(address: string): string {
  const ip = parseIp(address);
  return ip ? formatIp(ip) : address;
}

/** Docker's address for an interface: `02:42:` and the four bytes of its IPv4 address. */
export function macOf(ipv4: string): string {
  return ['02', '42', ...ipv4.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}

function rangeOf(pool: Pool): { family: 4 | 6; first: bigint; last: bigint } | undefined {
  const subnet = parseCidr(pool.subnet);
  const part = pool.ipRange === '' ? subnet : parseCidr(pool.ipRange);
  if (!subnet || !part) return undefined;
  const usable = usableOf(subnet);
  const last = part.base + sizeOf(part) - 1n;
  return { family: subnet.family, first: max(part.base, usable.first), last: last < usable.last ? last : usable.last };
}

function usableOf(subnet: Cidr): { first: bigint; last: bigint } {
  const size = sizeOf(subnet);
  const last = subnet.base + size - 1n;
  if (size <= 2n && (subnet.family === 4 || size === 2n)) return { first: subnet.base, last };
  return { first: subnet.base + 1n, last: subnet.family === 4 ? last - 1n : last };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
