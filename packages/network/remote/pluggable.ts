/**
 * Networks of every driver behind one port: those that the daemon drives itself, and those that plugins drive or give the
 * addresses of (`docker network create -d NAME --ipam-driver NAME`). What plugins have no part in goes straight through.
 * Work with plugins awaits their answers, so one container's is done one after another, and so is one network's.
 */
import { KeyedLock, messageOf, newId } from '#base';
import { PLUGIN_MAY_COME, type Plugins } from '#plugins';
import { configurationSource } from '../networks/configuration.ts';
import { findNetwork } from '../networks/find.ts';
import type { CreateNetwork, DnsOptions, Endpoint, EndpointRequest, NetworkRecord, Networks, Sandbox } from '../port.ts';
import type { Room } from '../room.ts';
import { createRemote, forgetHalfMade, givesAddresses, isPluggedIn, removeRemote, stillThere, type RemoteMeans } from './create.ts';
import { lookUp } from './drivers.ts';
import { RemoteEndpoints } from './endpoints.ts';
import { Holdings } from './holdings.ts';
import { HeldSandboxes, remoteLinks } from './links.ts';
import { replayNetwork } from './replay.ts';

/** Milliseconds for a plugin's answer while a container waits to start, and while one that ended waits to be done with. */
const patience = 120_000;
const patienceAtEnd = 30_000;
/** After a start plugins are asked once: the daemon serves meanwhile. */
const patienceAtStart = 10_000;

/** Puts plugins beside the drivers of the room; `local` is the port over that room. */
export function pluggableNetworks(room: Room, local: Networks, plugins: Plugins): Networks {
  const kinds = new Set(room.drivers.keys());
  const ending = new AbortController();
  const sandboxes = new HeldSandboxes(room.host);
  const holdings = new Holdings(room.store, room.warn);
  const register = (name: string): void => void (room.drivers.has(name) || room.drivers.set(name, remoteLinks(name, room.host, sandboxes)));
  const drivers = lookUp(plugins, { patience, signal: ending.signal });
  const means: RemoteMeans = { room, drivers, holdings, register };
  const endpoints = new RemoteEndpoints({ ...means, sandboxes, local, atEnd: lookUp(plugins, { patience: patienceAtEnd, signal: ending.signal }) });
  for (const { remote, driver } of room.store.networks()) if (remote) register(driver);
  return new PluggableNetworks({ means, atCreate: { ...means, drivers: lookUp(plugins, { patience, awaited: PLUGIN_MAY_COME, signal: ending.signal }) }, local, kinds, sandboxes, endpoints, atStart: { ...means, drivers: lookUp(plugins, { once: true, patience: patienceAtStart, signal: ending.signal }) }, ending });
}

interface Parts {
  readonly means: RemoteMeans;
  /** The same, for a network that is made: a plugin that it names may be starting. */
  readonly atCreate: RemoteMeans;
  /** The same, for what is done after a start. */
  readonly atStart: RemoteMeans;
  readonly local: Networks;
  /** Drivers of the daemon's own. */
  readonly kinds: ReadonlySet<string>;
  readonly sandboxes: HeldSandboxes;
  readonly endpoints: RemoteEndpoints;
  /** Gives up every call of a plugin. */
  readonly ending: AbortController;
}

class PluggableNetworks implements Networks {
  readonly #parts: Parts;
  readonly #lock = new KeyedLock();
  #afterStart: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async create(request: CreateNetwork): Promise<NetworkRecord> {
    const { means, atCreate, local, kinds } = this.#parts;
    const driver = request.driver || 'bridge';
    const isRemote = !kinds.has(driver) && driver !== 'overlay';
    const ipam = (configurationSource(means.room, request) ?? request).ipam?.driver || 'default';
    if (request.configOnly || (!isRemote && (ipam === 'default' || ipam === 'null'))) return local.create(request);
    const id = newId();
    return this.#lock.run(`name ${request.name}`, () => this.#lock.run(id, () => createRemote(atCreate, id, request, isRemote)));
  }

  find(nameOrId: string): NetworkRecord {
    return this.#parts.local.find(nameOrId);
  }

  list(): NetworkRecord[] {
    return this.#parts.local.list();
  }

  async remove(nameOrId: string): Promise<void> {
    const { means, local } = this.#parts;
    const network = findNetwork(means.room, nameOrId);
    if (!isPluggedIn(network)) return local.remove(nameOrId);
    await this.#lock.run(network.id, () => removeRemote(means, stillThere(means.room, network.id)));
  }

  async allocate(request: EndpointRequest): Promise<Endpoint> {
    const { means, local, endpoints } = this.#parts;
    const network = findNetwork(means.room, request.network);
    if (!isPluggedIn(network)) return local.allocate(request);
    return this.#lock.run(request.containerId, () => this.#lock.run(network.id, () => endpoints.allocate(stillThere(means.room, network.id), request)));
  }

  async attach(sandbox: Sandbox, dns: DnsOptions): Promise<Endpoint[]> {
    const { local, endpoints } = this.#parts;
    if (!endpoints.concern(sandbox.containerId)) return local.attach(sandbox, dns);
    return this.#lock.run(sandbox.containerId, () => endpoints.attach(sandbox, dns));
  }

  async connect(sandbox: Sandbox, endpointId: string): Promise<Endpoint> {
    const { local, endpoints } = this.#parts;
    if (!endpoints.concern(sandbox.containerId)) return local.connect(sandbox, endpointId);
    return this.#lock.run(sandbox.containerId, () => endpoints.connect(sandbox, endpointId));
  }

  async disconnect(sandbox: Sandbox | undefined, endpointId: string): Promise<void> {
    const { means, local, endpoints } = this.#parts;
    const containerId = means.room.store.endpoint(endpointId)?.containerId;
    if (containerId === undefined || !endpoints.concern(containerId)) return local.disconnect(sandbox, endpointId);
    await this.#lock.run(containerId, () => endpoints.disconnect(sandbox, endpointId));
  }

  async release(containerId: string): Promise<void> {
    const { local, endpoints, sandboxes } = this.#parts;
    if (!endpoints.concern(containerId)) {
      sandboxes.letGo(containerId);
      return local.release(containerId);
    }
    await this.#lock.run(containerId, () => endpoints.release(containerId));
  }

  endpoints(of: { containerId: string } | { networkId: string }): Endpoint[] {
    return this.#parts.local.endpoints(of);
  }

  traffic(sandbox: Sandbox): ReturnType<Networks['traffic']> {
    return this.#parts.local.traffic(sandbox);
  }

  resolvConf(...asked: Parameters<Networks['resolvConf']>): Promise<string> {
    return this.#parts.local.resolvConf(...asked);
  }

  unlink(containerId: string, target: string): void {
    this.#parts.local.unlink(containerId, target);
  }

  rename(containerId: string, name: string): void {
    this.#parts.local.rename(containerId, name);
  }

  /** Plugins are asked afterwards: one that hangs must not keep the daemon from starting. */
  async recover(running: readonly Sandbox[]): Promise<void> {
    const { means, local, endpoints } = this.#parts;
    forgetHalfMade(means.room);
    await local.recover(running);
    for (const sandbox of running) if (endpoints.concern(sandbox.containerId)) this.#holdAgain(sandbox);
    const { store } = means.room;
    const owed = means.holdings.owners().filter((owner) => !store.endpoint(owner) && !store.network(owner));
    this.#afterStart = this.#completeStart(owed, running).catch((error: unknown) => means.room.warn(`plugins of networks: ${messageOf(error)}`));
  }

  async close(options: { keepDataPath: boolean }): Promise<void> {
    const { local, sandboxes, ending } = this.#parts;
    ending.abort();
    await this.#afterStart;
    await this.#lock.idle();
    sandboxes[Symbol.dispose]();
    await local.close(options);
  }

  /** It may have ended since it was found running; its exit is being told already. */
  #holdAgain(sandbox: Sandbox): void {
    const { sandboxes, means } = this.#parts;
    try {
      sandboxes.hold(sandbox);
    } catch (error) {
      means.room.warn(`network of container ${sandbox.containerId}: ${messageOf(error)}`);
    }
  }

  async #completeStart(owed: readonly string[], running: readonly Sandbox[]): Promise<void> {
    const { atStart, endpoints } = this.#parts;
    await this.#settleAddresses(owed);
    for (const sandbox of running) {
      if (!endpoints.concern(sandbox.containerId)) continue;
      await this.#lock.run(sandbox.containerId, () => endpoints.settleOutside(sandbox)).catch((error: unknown) => atStart.room.warn(`network of container ${sandbox.containerId}: ${messageOf(error)}`));
    }
  }

  /**
   * Plugins that forget are asked again for what is in use, and all get back what is not. Until then nobody else gets an
   * address of them, or one that is new would be given back as an old one: the networks are locked before this first waits.
   */
  async #settleAddresses(owed: readonly string[]): Promise<void> {
    const { room, holdings, drivers } = this.#parts.atStart;
    const creditors = new Set(owed.flatMap((owner) => holdings.of(owner).map(({ driver }) => driver)));
    const networks = room.store.networks().filter((network) => !network.configOnly && givesAddresses(network));
    const replays = networks.map((network) => replayNetwork({ room, holdings, drivers }, network));
    const givenBack = Promise.all(replays).then(() => holdings.giveBackAll(owed, drivers));
    await Promise.all([givenBack, ...networks.map(({ id, ipam }, at) => this.#lock.run(id, async () => creditors.has(ipam.driver) ? givenBack : replays[at]))]);
  }
}
