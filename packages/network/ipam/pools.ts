import { createHash } from 'node:crypto';
import { formatCidr, NotFound, overlaps, sizeOf, type Cidr, parseCidr } from '#base';

/** A block that is cut into subnets of `size`. */
interface AddressPool {
  readonly base: string;
  readonly size: number;
}

/** Docker's default pools. */
const ipv4Pools: readonly AddressPool[] = [
  { base: '172.17.0.0/16', size: 16 },
  { base: '172.18.0.0/16', size: 16 },
  { base: '172.19.0.0/16', size: 16 },
  { base: '172.20.0.0/14', size: 16 },
  { base: '172.24.0.0/14', size: 16 },
  { base: '172.28.0.0/14', size: 16 },
  { base: '192.168.0.0/16', size: 20 },
];

/**
 * The first default subnet of the family that shares no address with `taken` (other networks, the host's routes).
 * IPv6 subnets are /64s of one /48 unique local prefix (RFC 4193) made from `seed`, so that every machine has its own.
 * `given` are the daemon's own pools, which stand in the place of Docker's. `prefix` is the user's own size, of which a block
 * must have one at least. Throws NotFound in Docker's words when all are taken.
 */
export function nextPool(family: 4 | 6, taken: readonly Cidr[], seed: string, given: readonly AddressPool[] = [], prefix?: number): string {
  const own = given.filter(({ base }) => parseCidr(base)?.family === family);
  for (const { base: block, size } of own.length > 0 ? own : defaultPools(family, seed)) {
    if (prefix !== undefined && prefix < (parseCidr(block)?.prefix ?? 0)) continue;
    const subnet = firstFree(block, prefix ?? size, taken);
    if (subnet) return formatCidr(subnet);
  }
  throw new NotFound(`could not find an available, non-overlapping IPv${family} address pool among the defaults to assign to the network`);
}

function defaultPools(family: 4 | 6, seed: string): readonly AddressPool[] {
  return family === 4 ? ipv4Pools : [{ base: `${uniqueLocalPrefix(seed)}/48`, size: 64 }];
}

/** What is taken is passed in one step: it may hold 2^48 subnets of that size. */
function firstFree(block: string, prefix: number, taken: readonly Cidr[]): Cidr | undefined {
  const whole = parseCidr(block);
  if (!whole) return undefined;
  const step = sizeOf({ family: whole.family, prefix });
  const end = whole.base + sizeOf(whole);
  for (let base = whole.base; base < end; ) {
    const subnet: Cidr = { family: whole.family, base, prefix };
    const other = taken.find((its) => overlaps(its, subnet));
    if (!other) return subnet;
    const [next, past] = [base + step, other.base + sizeOf(other)];
    base = past > next ? past : next;
  }
  return undefined;
}

/** `fdxx:xxxx:xxxx::`, 40 bits of it from the seed. */
function uniqueLocalPrefix(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex').slice(0, 10);
  return `fd${hex.slice(0, 2)}:${hex.slice(2, 6)}:${hex.slice(6, 10)}::`;
}
