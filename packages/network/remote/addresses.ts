/** Pools and addresses from a plugin (`--ipam-driver`): asked for as libnetwork asks, and written down as they come. */
import { contains, Forbidden, Internal, messageOf, overlaps, parseCidr, parseIp, quote } from '#base';
import { validatePools } from '../ipam/validate.ts';
import { gatewayOf } from '../endpoints/allocate.ts';
import { routedBlocks } from '../networks/create.ts';
import type { CreateNetwork, EndpointRequest, NetworkRecord, Pool } from '../port.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';
import type { DriverLookup } from './drivers.ts';
import type { Holding, Holdings } from './holdings.ts';
import type { IpamDriver } from './ipam-driver.ts';

/** Whom pools or addresses are for, and who gives them. */
export interface Owner {
  /** Id of the network or endpoint. */
  readonly id: string;
  readonly driver: string;
  readonly ipam: IpamDriver;
  readonly holdings: Holdings;
  /** By which what is not wanted is given back. */
  readonly drivers: DriverLookup;
}

export interface AddressSpace {
  readonly name: string;
  /** Hosts share it: what this one reaches elsewhere may be the same. */
  readonly isGlobal: boolean;
}

type Lease = NonNullable<StoredEndpoint['ipv4']>;

/** The pools of a new network, each with its gateway and auxiliary addresses. What has been given when it throws is with the owner's holdings. */
export async function requestPools(room: Room, owner: Owner, request: CreateNetwork, addressSpace: AddressSpace): Promise<Pool[]> {
  const asked = request.ipam?.pools ?? [];
  validatePools(asked);
  const pools: Pool[] = [];
  for (const family of [4, 6] as const) {
    if (!(family === 4 ? (request.enableIPv4 ?? true) : request.enableIPv6)) continue;
    const named = asked.filter(({ subnet }) => subnet && parseCidr(subnet)?.family === family);
    for (const pool of named.length > 0 ? named : [{}]) pools.push(await requestPool(room, owner, pool, { addressSpace, family, options: request.ipam?.options ?? null }));
  }
  return pools;
}

interface PoolTerms {
  readonly addressSpace: AddressSpace;
  readonly family: 4 | 6;
  readonly options: Readonly<Record<string, string>> | null;
}

async function requestPool(room: Room, owner: Owner, asked: Partial<Pool>, terms: PoolTerms): Promise<Pool> {
  const { id, subnet, gateway: offered } = await findPool(room, owner, asked, terms);
  const gateway = asked.gateway || offered === undefined ? await requestGateway(owner, id, asked.gateway ?? '') : offered;
  const auxiliary: Record<string, string> = {};
  for (const [name, address] of Object.entries(asked.auxiliary ?? {})) auxiliary[name] = await requestAuxiliary(owner, { id, subnet }, name, address);
  return { id, subnet, ipRange: asked.ipRange ?? '', gateway: addressOf(gateway), auxiliary, ...(!asked.subnet && { isDefault: true }) };
}

/**
 * A pool of the plugin's choosing must not be one that the host reaches elsewhere, as far as its addresses are this host's
 * own: those are kept until one is not, so that each comes once.
 */
async function findPool(room: Room, owner: Owner, asked: Partial<Pool>, terms: PoolTerms): Promise<{ id: string; subnet: string; gateway?: string }> {
  const refused = new Set<string>();
  const spare = `${owner.id}/spare`;
  const routed = asked.subnet || terms.addressSpace.isGlobal ? [] : routedBlocks(room);
  try {
    for (;;) {
      const pool = await owner.ipam.requestPool({ ...terms, addressSpace: terms.addressSpace.name, subnet: asked.subnet ?? '', range: asked.ipRange ?? '' });
      const holding: Holding = { kind: 'pool', driver: owner.driver, pool: pool.id };
      const block = parseCidr(pool.subnet);
      if (!block || block.prefix === 0 || !routed.some((other) => overlaps(other, block))) {
        owner.holdings.add(owner.id, holding);
        return pool;
      }
      if (refused.has(pool.id)) throw new Forbidden(`pool ${pool.subnet} of ipam driver ${quote(owner.driver)} overlaps with a network of the host`);
      refused.add(pool.id);
      owner.holdings.add(spare, holding);
    }
  } finally {
    await owner.holdings.giveBack(spare, owner.drivers);
  }
}

async function requestGateway(owner: Owner, pool: string, wanted: string): Promise<string> {
  try {
    return keep(owner, pool, await owner.ipam.requestGateway(pool, wanted));
  } catch (error) {
    throw new Internal(`failed to allocate gateway (${wanted}): ${messageOf(error)}`, { cause: error });
  }
}

async function requestAuxiliary(owner: Owner, { id, subnet }: { id: string; subnet: string }, name: string, address: string): Promise<string> {
  const [block, ip] = [parseCidr(subnet), parseIp(address)];
  if (!block || !ip || !contains(block, ip)) throw new Forbidden(`auxiliary address: (${name}:${address}) must belong to the master pool: ${subnet}`);
  try {
    return addressOf(keep(owner, id, await owner.ipam.requestAddress(id, address, null)));
  } catch (error) {
    throw new Internal(`failed to allocate secondary ip address (${name}:${address}): ${messageOf(error)}`, { cause: error });
  }
}

/** An endpoint's addresses: the ones asked for, or any; `macAddress` where the plugin needs to know it. */
export async function requestAddresses(owner: Owner, network: NetworkRecord, request: EndpointRequest, needsMac: boolean): Promise<Pick<StoredEndpoint, 'ipv4' | 'ipv6'>> {
  const macAddress = needsMac ? (request.macAddress ?? '') : '';
  const lease = async (family: 4 | 6, wanted = ''): Promise<Lease | undefined> => {
    const pools = network.ipam.pools.filter(({ subnet }) => parseCidr(subnet)?.family === family);
    return pools.length === 0 ? undefined : requestLease(owner, network, pools, { family, wanted, macAddress });
  };
  return { ipv4: await lease(4, request.ipv4Address), ipv6: await lease(6, request.ipv6Address) };
}

/** From the first pool that the wanted address is in, or that has one left. */
async function requestLease(owner: Owner, network: NetworkRecord, pools: readonly Pool[], { family, wanted, macAddress }: { family: 4 | 6; wanted: string; macAddress: string }): Promise<Lease> {
  const ip = parseIp(wanted);
  for (const pool of pools) {
    const block = parseCidr(pool.subnet);
    if (ip && !(block && contains(block, ip))) continue;
    try {
      const given = keep(owner, pool.id ?? '', await owner.ipam.requestSeat(pool.id ?? '', wanted, macAddress));
      return { address: addressOf(given), prefix: parseCidr(given)?.prefix ?? 0, gateway: gatewayOf(network, pool, family) };
    } catch (error) {
      if (ip || !messageOf(error).includes('no available addresses on this pool')) throw error;
    }
  }
  throw new Internal(`no available IPv${family} addresses on this network's address pools: ${network.name} (${network.id})`);
}

function keep(owner: Owner, pool: string, given: string): string {
  owner.holdings.add(owner.id, { kind: 'address', driver: owner.driver, pool, address: addressOf(given) });
  return given;
}

function addressOf(cidr: string): string {
  return cidr.replace(/\/.*$/, '');
}
