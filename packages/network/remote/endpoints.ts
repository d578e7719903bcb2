/** Seats in networks that plugins have a part in; whoever calls holds the container's lock, and for a new one the network's. */
import { Forbidden, InvalidArgument, messageOf, newId, NotFound, parseCidr } from '#base';
import { allocate, validateRequest } from '../endpoints/allocate.ts';
import { inOrder } from '../endpoints/routes.ts';
import { canonical } from '../ipam/addresses.ts';
import type { DnsOptions, Endpoint, EndpointRequest, NetworkRecord, Networks, Sandbox } from '../port.ts';
import type { StoredEndpoint } from '../store.ts';
import { requestAddresses } from './addresses.ts';
import { isPluggedIn, randomMac, type RemoteMeans } from './create.ts';
import type { DriverLookup } from './drivers.ts';
import { outermost, settleGateway } from './gateway.ts';
import type { HeldSandboxes } from './links.ts';
import type { Chosen, Joined, NetworkDriver } from './network-driver.ts';

interface Means extends RemoteMeans {
  readonly sandboxes: HeldSandboxes;
  readonly local: Networks;
  /** Plugins as they are asked when a container has ended. */
  readonly atEnd: DriverLookup;
}

export class RemoteEndpoints {
  readonly #means: Means;
  /** By the plugin's name; each is asked once, as it is when dockerd registers it. */
  readonly #needsMac = new Map<string, boolean>();

  constructor(means: Means) {
    this.#means = means;
  }

  /** Whether plugins have a part in any of the container's seats. */
  concern(containerId: string): boolean {
    const { store } = this.#means.room;
    return store.endpointsOfContainer(containerId).some(({ networkId, isGateway }) => {
      const network = store.network(networkId);
      return isGateway || (network !== undefined && isPluggedIn(network));
    });
  }

  async allocate(network: NetworkRecord, request: EndpointRequest): Promise<StoredEndpoint> {
    const { room, drivers, holdings } = this.#means;
    validateRequest(room, network, request);
    const id = newId();
    try {
      const { leases, macAddress } = await this.#lease(network, id, request);
      const seat = allocate(room, { ...request, network: network.id, ...(macAddress && { macAddress }) }, { id, ...(leases && { leases }) });
      if (!network.remote) return seat;
      const driver = await drivers.network(network.driver);
      holdings.add(id, { kind: 'endpoint', driver: network.driver, network: network.id, endpoint: id });
      const completed = withChosen(seat, await driver.createEndpoint(seat, request.macAddress ?? ''));
      room.store.updateEndpoint(completed);
      return completed;
    } catch (error) {
      await this.#takeOut(undefined, id);
      throw error;
    }
  }

  async attach(sandbox: Sandbox, dns: DnsOptions): Promise<Endpoint[]> {
    const { room, local } = this.#means;
    for (const seat of inOrder(room.store.endpointsOfContainer(sandbox.containerId))) await this.#join(sandbox, seat);
    await local.attach(sandbox, dns);
    await this.settleOutside(sandbox);
    return local.endpoints({ containerId: sandbox.containerId });
  }

  async connect(sandbox: Sandbox, endpointId: string): Promise<Endpoint> {
    const { room, local } = this.#means;
    const seat = room.store.endpoint(endpointId);
    if (!seat) throw new NotFound(`endpoint ${endpointId} not found`);
    try {
      await this.#join(sandbox, seat);
      await local.connect(sandbox, endpointId);
      await this.settleOutside(sandbox);
      return room.store.endpoint(endpointId) ?? seat;
    } catch (error) {
      await this.disconnect(sandbox, endpointId).catch((undoing: unknown) => room.warn(`undoing a failed connect to ${seat.networkName}: ${messageOf(undoing)}`));
      throw error;
    }
  }

  async disconnect(sandbox: Sandbox | undefined, endpointId: string): Promise<void> {
    const { room } = this.#means;
    await this.#takeOut(sandbox, endpointId);
    if (sandbox && room.store.endpointsOfContainer(sandbox.containerId).length > 0) await this.settleOutside(sandbox);
  }

  /** The interfaces leave the namespace before it goes: who made them may want them. */
  async release(containerId: string): Promise<void> {
    const { room, local, holdings, sandboxes, atEnd } = this.#means;
    const seats = room.store.endpointsOfContainer(containerId);
    const silent = new Set<string>();
    try {
      for (const { id } of seats) await holdings.giveBack(id, atEnd, { kinds: ['access', 'seat'], silent });
      for (const seat of seats.filter(({ remote }) => remote)) this.#moveBack(seat);
      await local.release(containerId);
    } finally {
      sandboxes.letGo(containerId);
    }
    for (const { id } of seats) await holdings.giveBack(id, atEnd, { silent });
  }

  /** A way out where no network of a plugin has one, and plugins told whose interface leads outside. */
  async settleOutside(sandbox: Sandbox): Promise<void> {
    const { room, drivers, holdings } = this.#means;
    settleGateway(room, sandbox);
    const outer = outermost(room, sandbox.containerId);
    const isTold = (id: string): boolean => holdings.of(id).some(({ kind }) => kind === 'access');
    for (const { id } of room.store.endpointsOfContainer(sandbox.containerId)) if (id !== outer?.id && isTold(id)) await holdings.giveBack(id, drivers, { kinds: ['access'] });
    if (!outer?.remote || isTold(outer.id)) return;
    const network = room.store.network(outer.networkId);
    if (!network || network.internal) return;
    const driver = await drivers.network(network.driver);
    holdings.add(outer.id, { kind: 'access', driver: network.driver, network: network.id, endpoint: outer.id });
    await driver.programExternalConnectivity(outer);
  }

  async #lease(network: NetworkRecord, id: string, request: EndpointRequest): Promise<{ leases?: Pick<StoredEndpoint, 'ipv4' | 'ipv6'>; macAddress?: string }> {
    const { drivers, holdings } = this.#means;
    const name = network.ipam.driver;
    if (name === 'default' || name === 'null') return {};
    const ipam = await drivers.ipam(name);
    const needsMac = this.#needsMac.get(name) ?? (await ipam.capabilities()).needsMac;
    this.#needsMac.set(name, needsMac);
    const macAddress = request.macAddress || (needsMac ? randomMac() : '');
    const leases = await requestAddresses({ id, driver: name, ipam, holdings, drivers }, network, { ...request, macAddress }, needsMac);
    return { leases, macAddress };
  }

  /** The plugin makes the interface, and says how the container gets out by it. */
  async #join(sandbox: Sandbox, seat: StoredEndpoint): Promise<void> {
    const { room, drivers, holdings, sandboxes } = this.#means;
    const network = room.store.network(seat.networkId);
    if (!seat.remote || !network) return;
    sandboxes.hold(sandbox);
    const driver: NetworkDriver = await drivers.network(network.driver);
    holdings.add(seat.id, { kind: 'seat', driver: network.driver, network: network.id, endpoint: seat.id });
    room.store.updateEndpoint(withJoined(seat, await driver.join(seat, `/proc/${sandbox.pid}/ns/net`)));
  }

  /** Out of the sandbox and the store; what plugins keep for it is given back. */
  async #takeOut(sandbox: Sandbox | undefined, endpointId: string): Promise<void> {
    const { room, local, holdings, sandboxes, atEnd } = this.#means;
    const silent = new Set<string>();
    await holdings.giveBack(endpointId, atEnd, { kinds: ['access', 'seat'], silent });
    try {
      await local.disconnect(sandbox, endpointId);
    } finally {
      const isLast = sandbox && !room.store.endpointsOfContainer(sandbox.containerId).some(({ remote }) => remote);
      if (isLast) sandboxes.letGo(sandbox.containerId);
      await holdings.giveBack(endpointId, atEnd, { silent });
    }
  }

  #moveBack(seat: StoredEndpoint): void {
    const { room } = this.#means;
    const network = room.store.network(seat.networkId);
    try {
      if (network) room.drivers.get(network.driver)?.unplug(network, seat, undefined);
    } catch (error) {
      room.warn(`container ${seat.containerName}: the interface ${seat.interfaceName ?? ''} stays in its namespace: ${messageOf(error)}`);
    }
  }
}

/** Throws in Docker's words for what a plugin may not change: an address that there is already. */
function withChosen(seat: StoredEndpoint, { address, address6, mac }: Chosen): StoredEndpoint {
  if (mac !== undefined && seat.macAddress !== '') throw new Forbidden(`driver modified interface MAC address: endpoint interface MAC address present (${seat.macAddress}). Cannot be modified with ${mac}.; rolled back`);
  return { ...seat, macAddress: mac ?? seat.macAddress, ipv4: leaseOf(seat.ipv4, address), ipv6: leaseOf(seat.ipv6, address6) };
}

function leaseOf(present: StoredEndpoint['ipv4'], cidr: string | undefined): StoredEndpoint['ipv4'] {
  if (cidr === undefined) return present;
  const [address = '', prefix = ''] = cidr.split('/');
  if (present && (canonical(present.address) !== canonical(address) || present.prefix !== Number(prefix))) {
    throw new Forbidden(`driver modified interface address: endpoint interface IP present (${present.address}/${present.prefix}). Cannot be modified with (${cidr}).; rolled back`);
  }
  if (!parseCidr(cidr)) throw new InvalidArgument(`invalid CIDR address: ${cidr}`);
  return present ?? { address, prefix: Number(prefix), gateway: '' };
}

function withJoined(seat: StoredEndpoint, { source, prefix, gateway4, gateway6, routes, withoutGateway }: Joined): StoredEndpoint {
  return {
    ...seat,
    ipv4: seat.ipv4 && { ...seat.ipv4, gateway: gateway4 },
    ipv6: seat.ipv6 && { ...seat.ipv6, gateway: gateway6 },
    remote: { ports: seat.remote?.ports ?? { published: [], exposed: [] }, joined: { source, prefix, routes, withoutGateway } },
  };
}
