/** Networks that plugins drive, or give the addresses of: made whole or not at all, also when the daemon is killed meanwhile. */
import { randomBytes } from 'node:crypto';
import { Internal, messageOf, NotFound } from '#base';
import { validatePools } from '../ipam/validate.ts';
import { withConfiguration } from '../networks/configuration.ts';
import { layNetwork, ownDriverOf, recordOf, validateName } from '../networks/create.ts';
import { forgetNetwork, requireUnused } from '../networks/remove.ts';
import type { CreateNetwork, NetworkRecord, Pool } from '../port.ts';
import type { Room } from '../room.ts';
import { requestPools } from './addresses.ts';
import type { DriverLookup } from './drivers.ts';
import type { Holdings } from './holdings.ts';
import type { NetworkDriver, Scope } from './network-driver.ts';

/** A network with this mark is being made or removed: one that still has it at a start goes. */
const PREFIX = 'plugin-changing/';
/** Without a keeper of addresses a network has one pool that stands for all. */
const anyAddress: readonly Pool[] = [{ subnet: '0.0.0.0/0', ipRange: '', gateway: '', auxiliary: {}, isDefault: true }];
const localSpace = 'LocalDefault';

export interface RemoteMeans {
  readonly room: Room;
  readonly drivers: DriverLookup;
  readonly holdings: Holdings;
  /** Makes the driver of a plugin known to the room. */
  readonly register: (driver: string) => void;
}

/** Whoever calls holds the lock of `id`: others see the network before its plugin has made it. */
export async function createRemote(means: RemoteMeans, id: string, request: CreateNetwork, isRemote: boolean): Promise<NetworkRecord> {
  const { room, drivers, holdings } = means;
  validateName(room, request.name);
  const asked = { ...withConfiguration(room, request), driver: request.driver || 'bridge' };
  validatePools(asked.ipam?.pools ?? []); // before a plugin that may have to come is waited for
  if (!isRemote) ownDriverOf(room, asked.driver);
  const driver = isRemote ? await drivers.network(asked.driver) : undefined;
  const scope = (await driver?.scope()) ?? 'local';
  try {
    const { pools, addressSpace } = await poolsOf(means, id, asked, scope);
    validateName(room, request.name); // somebody may have been faster
    if (driver) means.register(asked.driver);
    const record = recordOf(room, asked, { id, ...(driver && { remoteScope: scope }), ...(pools && { pools }) });
    await lay(means, record, driver, addressSpace);
    return record;
  } catch (error) {
    const stored = room.store.network(id);
    if (stored) forgetNetwork(room, stored);
    await holdings.giveBack(id, drivers);
    settle(room, id);
    throw error;
  }
}

async function lay({ room, holdings }: RemoteMeans, record: NetworkRecord, driver: NetworkDriver | undefined, addressSpace: string): Promise<void> {
  room.store.setValue(PREFIX + record.id, '');
  layNetwork(room, record);
  if (driver) {
    holdings.add(record.id, { kind: 'network', driver: record.driver, network: record.id });
    await driver.createNetwork(record, addressSpace);
  }
  settle(room, record.id);
}

/** The pools that a plugin gives, or none asked for where the daemon gives addresses by itself. */
async function poolsOf({ room, drivers, holdings }: RemoteMeans, id: string, request: CreateNetwork, scope: Scope): Promise<{ pools?: readonly Pool[]; addressSpace: string }> {
  const name = request.ipam?.driver || 'default';
  if (name === 'default') return { addressSpace: localSpace };
  if (name === 'null') return { addressSpace: '', ...(!request.ipam?.pools?.some(({ subnet }) => subnet) && { pools: anyAddress }) };
  const ipam = await drivers.ipam(name);
  const spaces = await ipam.addressSpaces();
  const addressSpace = spaces[scope];
  const pools = await requestPools(room, { id, driver: name, ipam, holdings, drivers }, request, { name: addressSpace, isGlobal: addressSpace === spaces.global });
  return { pools, addressSpace };
}

/** Throws Internal when its driver cannot be asked, so that nothing of it is left there; what it answers then does not matter. */
export async function removeRemote({ room, drivers, holdings }: RemoteMeans, network: NetworkRecord): Promise<void> {
  requireUnused(room, network);
  if (network.remote) await drivers.network(network.driver).catch((error: unknown) => {
    throw new Internal(`failed deleting Network: ${messageOf(error)}`, { cause: error });
  });
  room.store.setValue(PREFIX + network.id, '');
  await holdings.giveBackAll(holdings.ownersIn(network.id), drivers);
  forgetNetwork(room, network);
  settle(room, network.id);
}

/** Networks that a daemon before this one began to make or to remove are forgotten; what plugins keep for them is given back later. */
export function forgetHalfMade(room: Room): void {
  for (const id of room.store.keysAfter(PREFIX)) {
    const network = room.store.network(id);
    if (network) forgetNetwork(room, network);
    settle(room, id);
  }
}

/** Plugins have a part in it: they drive it, or give its addresses. */
export function isPluggedIn(network: NetworkRecord): boolean {
  return network.remote === true || givesAddresses(network);
}

/** A plugin gives its addresses. */
export function givesAddresses({ ipam }: NetworkRecord): boolean {
  return ipam.driver !== 'default' && ipam.driver !== 'null';
}

/** A hardware address for a plugin that wants one before it gives an address: of nobody's, for one host alone (IEEE 802, bit 2 of the first byte). */
export function randomMac(): string {
  return ['02', '42', ...(randomBytes(4).toString('hex').match(/../g) ?? [])].join(':');
}

/** The network as it is now: it may have gone while its lock was waited for. */
export function stillThere(room: Room, id: string): NetworkRecord {
  const network = room.store.network(id);
  if (!network) throw new NotFound(`network ${id} not found`);
  return network;
}

function settle(room: Room, id: string): void {
  room.store.setValue(PREFIX + id, undefined);
}
