import { type Cidr, Conflict, contains, Forbidden, InvalidArgument, newId, NotFound, overlaps, parseCidr } from '#base';
import { listRoutes, parseRoute } from '#kernel';
import { bridgeOptionsOf, needsGateway } from '../bridge/options.ts';
import { defaultGateway } from '../ipam/addresses.ts';
import { nextPool } from '../ipam/pools.ts';
import { validatePools, validateReservations } from '../ipam/validate.ts';
import { bridgeNameOf } from '../names.ts';
import type { CreateNetwork, NetworkRecord, Pool } from '../port.ts';
import type { Room } from '../room.ts';
import { validateAdvertising } from './advertise.ts';
import { configurationOf, withConfiguration } from './configuration.ts';
import { enableForwarding } from './forwarding.ts';

/** Names that only the daemon itself gives. */
export const predefined: readonly string[] = ['bridge', 'host', 'none', 'default'];

/** Makes a network as the user asked; whatever it throws is in Docker's words, and nothing is left. */
export function createNetwork(room: Room, request: CreateNetwork): NetworkRecord {
  validateName(room, request.name);
  const driver = ownDriverOf(room, request.driver || 'bridge');
  if (request.configOnly) return layNetwork(room, configurationOf(request));
  return layNetwork(room, recordOf(room, { ...withConfiguration(room, request), driver }));
}

/** Throws for a name that is reserved, empty or taken. */
export function validateName(room: Room, wanted: string): void {
  if (predefined.includes(wanted)) throw new Forbidden(`operation is not permitted on predefined ${wanted} network `);
  if (wanted.trim() === '') throw new InvalidArgument(`invalid name: ${wanted}`);
  if (room.store.networks().some(({ name }) => name === wanted)) throw new Conflict(`network with name ${wanted} already exists`);
}

/** Stores a network and lays it on the host, or does neither. */
export function layNetwork(room: Room, record: NetworkRecord): NetworkRecord {
  const driver = record.configOnly ? undefined : room.drivers.get(record.driver);
  driver?.check(record);
  room.store.addNetwork(record);
  try {
    if (record.enableIPv6 && record.interfaceName !== '') enableForwarding(room, 6);
    driver?.ensure(record);
    room.firewall.addNetwork(record);
    room.upkeep.follow(record);
    return record;
  } catch (error) {
    driver?.remove(record);
    room.store.removeNetwork(record.id);
    throw error;
  }
}

/** What plugins have settled about a network before it is made. */
export interface SettledNetwork {
  readonly id: string;
  /** The plugin that is its driver says where it reaches. */
  readonly remoteScope?: NetworkRecord['scope'];
  /** Those that a plugin gives addresses of. */
  readonly pools?: readonly Pool[];
}

/** The whole record of a network: its pools chosen and checked against the others. */
export function recordOf(room: Room, request: CreateNetwork, { id, remoteScope, pools: given }: SettledNetwork = { id: newId() }): NetworkRecord {
  const pools = request.ipam?.pools ?? [];
  validatePools(pools);
  const options = request.options ?? {};
  validateAdvertising({ options });
  const enableIPv4 = request.enableIPv4 ?? true;
  const enableIPv6 = request.enableIPv6 ?? false;
  if (!enableIPv4 && !enableIPv6) throw new InvalidArgument('IPv4 or IPv6 must be enabled');
  const driver = request.driver ?? 'bridge';
  const base = { id, name: request.name, driver, ...(remoteScope && { remote: true }), scope: remoteScope ?? 'local', created: Date.now(), enableIPv4, enableIPv6, internal: (request.internal ?? false) || isAdrift(driver, options), attachable: request.attachable ?? false, ...(request.configFrom && { configFrom: request.configFrom }), options, labels: request.labels ?? {} } as const;
  const ipamDriver = request.ipam?.driver || 'default';
  if (!given) requireIpam(ipamDriver, pools);
  const gateways = driver === 'bridge' ? needsGateway(base) : { 4: true, 6: true };
  const chosen = given ?? (driver !== 'host' && driver !== 'null' ? choosePools(room, pools, { enabled: { 4: enableIPv4, 6: enableIPv6 }, gateways }) : []);
  if (!given) validateReservations(chosen, gateways);
  const interfaceName = driver === 'bridge' ? (bridgeOptionsOf(base).name ?? bridgeNameOf(id)) : '';
  if (driver === 'bridge') refuseConflict(room, { id, interfaceName, pools: chosen });
  const unused = unusedPools(pools, { 4: enableIPv4, 6: enableIPv6 });
  return { ...base, ipam: { driver: ipamDriver, options: request.ipam?.options ?? null, pools: [...chosen], ...(unused.length > 0 && { unused }) }, interfaceName };
}

/** Docker's `null` driver gives no addresses, and none of the drivers for users goes without. */
function requireIpam(driver: string, pools: readonly Partial<Pool>[]): void {
  if (driver === 'null') throw new InvalidArgument(pools.some(({ subnet }) => subnet) ? 'null ipam driver does not handle specific address pool requests' : 'ipv4 pool is empty');
  if (driver !== 'default') throw new NotFound(`plugin "${driver}" not found`);
}

/** A macvlan or ipvlan without a parent leads nowhere. */
function isAdrift(driver: string, options: Record<string, string>): boolean {
  return (driver === 'macvlan' || driver === 'ipvlan') && !options['parent'];
}

/** Two bridges of one name cannot be, nor two that have the same addresses: pools of plugins are not compared with the others before. */
function refuseConflict({ store }: Room, { id, interfaceName, pools }: Pick<NetworkRecord, 'id' | 'interfaceName'> & { readonly pools: readonly Pool[] }): void {
  const wanted = blocksOf(pools);
  for (const other of store.networks().filter(({ driver }) => driver === 'bridge')) {
    const shared = subnetsOf(other).find((block) => wanted.some((its) => overlaps(block, its)));
    const what = other.interfaceName === interfaceName ? 'same bridge name' : shared && `overlapping IPv${shared.family}`;
    if (what) throw new Forbidden(`cannot create network ${id} (${interfaceName}): conflicts with network ${other.id} (${other.interfaceName}): networks have ${what}`);
  }
}

/** A driver of the daemon's own for another network. Throws in Docker's words for one that there is not, and those that have theirs. */
export function ownDriverOf(room: Room, name: string): string {
  if (name === 'host' || name === 'null') throw new Forbidden(`only one instance of "${name}" network is allowed`);
  if (room.drivers.has(name)) return name;
  if (name === 'overlay') throw new Forbidden('This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.');
  throw new NotFound(`plugin "${name}" not found`);
}

/** The user's pools completed, and a default one for each enabled family that has none. */
function choosePools(room: Room, asked: readonly Partial<Pool>[], { enabled, gateways }: Record<'enabled' | 'gateways', Record<4 | 6, boolean>>): Pool[] {
  const complete = (pool: Partial<Pool>, subnet: string): Pool => completed(pool, subnet, gateways);
  const named = asked.filter(({ subnet }) => subnet);
  const taken = room.store.networks().filter(({ configOnly, ipam }) => !configOnly && ipam.driver === 'default').flatMap(subnetsOf); // plugins keep address spaces of their own
  const pools: Pool[] = [];
  for (const pool of named) {
    const subnet = parseCidr(pool.subnet ?? '');
    if (!subnet || !enabled[subnet.family]) continue;
    // 0.0.0.0/24 and ::/80 say how large it is to be, not where.
    if (subnet.base === 0n && subnet.prefix > 0) {
      const others = [...taken, ...blocksOf(pools), ...routedBlocks(room)];
      pools.push(complete(pool, nextPool(subnet.family, others, room.names.table, room.defaults.addressPools, subnet.prefix)));
      continue;
    }
    if ([...taken, ...blocksOf(pools)].some((other) => overlaps(other, subnet))) {
      throw new Forbidden('Pool overlaps with other one on this address space');
    }
    pools.push(complete(pool, pool.subnet ?? ''));
  }
  for (const family of [4, 6] as const) {
    if (!enabled[family] || pools.some(({ subnet }) => parseCidr(subnet)?.family === family)) continue;
    pools.push(complete({ isDefault: true }, nextPool(family, [...taken, ...routedBlocks(room)], room.names.table, room.defaults.addressPools)));
  }
  return pools;
}

/** Those of families that are not enabled, as they were asked for. */
function unusedPools(asked: readonly Partial<Pool>[], enabled: Record<4 | 6, boolean>): Pool[] {
  return asked.flatMap((pool) => {
    const family = parseCidr(pool.subnet ?? '')?.family;
    return family && !enabled[family] ? [{ subnet: '', ipRange: '', gateway: '', auxiliary: {}, ...pool }] : [];
  });
}

function completed(pool: Partial<Pool>, subnet: string, gateways: Record<4 | 6, boolean>): Pool {
  const whole: Pool = { subnet, ipRange: pool.ipRange ?? '', gateway: pool.gateway ?? '', auxiliary: pool.auxiliary ?? {}, ...(pool.isDefault && { isDefault: true }) };
  if (whole.gateway !== '' || !gateways[parseCidr(subnet)?.family ?? 4]) return whole;
  return { ...whole, gateway: defaultGateway(whole) ?? '', isGatewayDefault: true };
}

function subnetsOf({ ipam }: NetworkRecord): Cidr[] {
  return blocksOf(ipam.pools);
}

function blocksOf(pools: readonly Pool[]): Cidr[] {
  return pools.flatMap(({ subnet }) => parseCidr(subnet) ?? []);
}

/** Blocks that the host reaches somewhere already; the default route does not count. */
export function routedBlocks({ host }: Room): Cidr[] {
  const everything = [{ family: 4, base: 0n, prefix: 1 }, { family: 6, base: 0n, prefix: 1 }] as const;
  return host.netlink.query(listRoutes()).flatMap((message) => {
    const block = parseCidr(parseRoute(message)?.destination ?? '');
    return block && block.prefix > 0 && !everything.some((half) => contains(block, half)) ? [block] : [];
  });
}
