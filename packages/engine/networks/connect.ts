/** `docker network connect`: a seat for a container that runs, or one more for its next start. */
import { Conflict, Forbidden, InvalidArgument } from '#base';
import type { DnsOptions, Endpoint, NetworkRecord } from '#network';
import type { ConnectNetworkBody } from '#spec';
import type { ContainerRecord } from '../containers/store.ts';
import { completeEndpoint, endpointRequest, findNetwork, publishingNetwork } from '../containers/spec/network-seat.ts';
import { containerOfMode, isUserDefined } from '../containers/spec/modes.ts';
import { validateEndpoint } from '../containers/spec/endpoints.ts';
import type { Engine } from '../context.ts';
import { withDaemonDns } from '../daemon/container-defaults.ts';

type Room = Pick<Engine, 'config' | 'networks' | 'containers' | 'supervisor' | 'events' | 'lives'>;

const SHARED = 'container sharing network namespace with another container or host cannot be connected to any other network';

/**
 * One change of a container's seats at a time, and none amid its start, which takes up those that there are when it begins. Throws in
 * Docker's words for unknown ones, networks that cannot be mixed, and addresses that cannot be had. `anySubnet`: of a subnet that nobody
 * configured too.
 */
export async function connectNetwork(engine: Room, nameOrId: string, body: ConnectNetworkBody, anySubnet = true): Promise<void> {
  const { id } = engine.containers.find(body.Container ?? '');
  await engine.lives.starts.run(id, () => connect(engine, nameOrId, engine.containers.find(id), body, anySubnet));
}

async function connect(engine: Room, nameOrId: string, container: ContainerRecord, body: ConnectNetworkBody, anySubnet: boolean): Promise<void> {
  const state = engine.supervisor.state(container.id);
  const running = state?.status === 'running' || state?.status === 'paused';
  if (state?.status === 'removing' || state?.status === 'dead') {
    throw new Conflict(`container ${container.id} is marked for removal and cannot be connected or disconnected to the network`);
  }
  const network = running ? findNetwork(nameOrId, engine) : engine.networks.find(nameOrId);
  if (network.configOnly) throw new Forbidden('cannot create endpoint on configuration-only network');
  validateEndpoint(network.name, body.EndpointConfig ?? {}, { networks: engine.networks, anySubnet });
  if (!refuseMixing(engine, container, network, running)) return;
  const seat = completeEndpoint(body.EndpointConfig);
  const before = namesOf(state?.endpoints ?? []);
  const endpoint = running && network.driver !== 'null' ? await plug(engine, { ...container, networks: { ...container.networks, [network.name]: seat } }, network, state.pid) : undefined;
  engine.containers.update(container.id, { networks: { ...container.networks, [network.name]: { ...seat, NetworkID: endpoint ? network.id : '' } } });
  if (running) publishSeat(engine, 'connect', network, container.id);
  if (!endpoint) return;
  await engine.supervisor.reseat(container.id, { kind: 'taken', endpoint, before, now: [...before, network.name], dns: dnsOf(engine, container) });
}

export function namesOf(endpoints: readonly Pick<Endpoint, 'networkName'>[]): string[] {
  return endpoints.map(({ networkName }) => networkName);
}

/** The resolver settings with which the container was started. */
export function dnsOf(engine: Pick<Engine, 'config'>, { hostConfig }: ContainerRecord): DnsOptions {
  const own = { servers: hostConfig.Dns ?? [], search: hostConfig.DnsSearch ?? [], options: hostConfig.DnsOptions ?? [] };
  const { network } = withDaemonDns({ network: { mode: 'own', endpoints: [], dns: own, extraHosts: [] } }, engine.config.dns);
  return network && network.mode !== 'container' ? (network.dns ?? own) : own;
}

/** Tells that a container took or left its seat. */
export function publishSeat(engine: Pick<Engine, 'events'>, action: 'connect' | 'disconnect', network: NetworkRecord, container: string): void {
  engine.events.publish('network', action, network.id, { container, name: network.name, type: network.driver });
}

/** The host's network and none go with no other; a shared namespace takes none. False where a stopped container has its seat already: the first settings hold. */
function refuseMixing({ networks }: Room, container: ContainerRecord, network: NetworkRecord, running: boolean): boolean {
  const mode = container.hostConfig.NetworkMode;
  if (containerOfMode(mode) !== undefined) throw new InvalidArgument(SHARED);
  if (mode !== 'host' && network.driver === 'host') throw new InvalidArgument('container cannot be disconnected from host network or connected to host network');
  if (isSeated(container, network)) {
    if (running) throw new Forbidden(`endpoint with name ${container.name} already exists in network ${network.name}`);
    return false;
  }
  const others = networks.list().filter(({ name }) => container.networks[name]);
  if (mode === 'host' || others.some(({ driver }) => driver === 'host')) throw new InvalidArgument(SHARED);
  if (others.some(({ driver }) => driver === 'null') || (network.driver === 'null' && others.length > 0)) {
    throw new InvalidArgument('container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
  return true;
}

/** One in a network that is gone is no seat in another that has its name since: to be connected to that replaces it. */
function isSeated({ networks }: ContainerRecord, { id, name }: NetworkRecord): boolean {
  const seat = networks[name];
  return seat !== undefined && (!seat.NetworkID || seat.NetworkID === id || !isUserDefined(name));
}

/** Its ports come with this network only when no other one has them. */
function publishesBy(engine: Room, container: ContainerRecord, network: NetworkRecord): boolean {
  return publishingNetwork([network]) !== undefined && engine.networks.endpoints({ containerId: container.id }).every(({ ports }) => ports.length === 0);
}

/** Allocates and lays the endpoint; nothing of it is left when it cannot be laid. */
async function plug(engine: Room, container: ContainerRecord, network: NetworkRecord, pid: number): Promise<Endpoint> {
  const endpoint = await engine.networks.allocate(endpointRequest(container, network.name, engine, publishesBy(engine, container, network)));
  try {
    await engine.networks.connect({ containerId: container.id, pid }, endpoint.id);
    return endpoint;
  } catch (error) {
    await engine.networks.disconnect(undefined, endpoint.id);
    throw error;
  }
}
