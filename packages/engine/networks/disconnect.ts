/** `docker network disconnect`. */
import { Conflict, Internal, InvalidArgument, isKind, NotFound } from '#base';
import type { Endpoint, NetworkRecord } from '#network';
import type { DisconnectNetworkBody } from '#spec';
import type { ContainerRecord } from '../containers/store.ts';
import type { Engine } from '../context.ts';
import { dnsOf, namesOf, publishSeat } from './connect.ts';

type Room = Pick<Engine, 'config' | 'networks' | 'containers' | 'supervisor' | 'events' | 'lives'>;

/** One that does not run may leave a network that is gone. With `Force` any may, and a container that the engine does not know any more leaves its seat. */
export async function disconnectNetwork(engine: Room, nameOrId: string, body: DisconnectNetworkBody): Promise<void> {
  const container = findContainer(engine, body);
  if (!container) return forceSeatOut(engine, nameOrId, body.Container ?? '');
  await engine.lives.starts.run(container.id, () => disconnect(engine, nameOrId, engine.containers.find(container.id), body));
}

async function disconnect(engine: Room, nameOrId: string, container: ContainerRecord, body: DisconnectNetworkBody): Promise<void> {
  const state = engine.supervisor.state(container.id);
  const running = state?.status === 'running' || state?.status === 'paused';
  const network = findNetwork(engine, nameOrId, !running || (body.Force ?? false));
  if (state?.status === 'removing' || state?.status === 'dead') {
    throw new Conflict(`container ${container.id} is marked for removal and cannot be connected or disconnected to the network`);
  }
  const left = running && network && !isNone(container, network) ? await unplug(engine, container, network, state.pid) : undefined;
  if (!left && !container.networks[network?.name ?? nameOrId]) {
    throw new Internal(`container ${container.id} is not connected to the network ${network?.name ?? nameOrId}`);
  }
  const { [network?.name ?? nameOrId]: _, ...networks } = container.networks;
  engine.containers.update(container.id, { networks });
  if (network) publishSeat(engine, 'disconnect', network, container.id);
  if (!left) return;
  const now = namesOf(engine.networks.endpoints({ containerId: container.id }));
  await engine.supervisor.reseat(container.id, { kind: 'left', endpoint: left, before: [...now, left.networkName], now, dns: dnsOf(engine, container) });
}

/** There a container has a name for its seat, and nothing that could be taken out. */
function isNone(container: ContainerRecord, network: NetworkRecord): boolean {
  return network.driver === 'null' && container.networks[network.name] !== undefined;
}

function findContainer(engine: Room, { Container = '', Force = false }: DisconnectNetworkBody): ContainerRecord | undefined {
  try {
    return engine.containers.find(Container);
  } catch (error) {
    if (Force && isKind(error, 'NotFound')) return undefined;
    throw error;
  }
}

function findNetwork(engine: Room, nameOrId: string, force: boolean): NetworkRecord | undefined {
  try {
    return engine.networks.find(nameOrId);
  } catch (error) {
    if (force && isKind(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function unplug(engine: Room, container: ContainerRecord, network: NetworkRecord, pid: number): Promise<Endpoint> {
  if (container.hostConfig.NetworkMode === 'host') {
    throw new InvalidArgument('container cannot be disconnected from host network or connected to host network');
  }
  const endpoint = engine.networks.endpoints({ containerId: container.id }).find((its) => its.networkId === network.id);
  if (!endpoint) throw new Internal(`container ${container.id} is not connected to network ${network.name}`);
  await engine.networks.disconnect({ containerId: container.id, pid }, endpoint.id);
  return endpoint;
}

/** A seat whose container is gone, by the name or id it had. */
async function forceSeatOut(engine: Room, nameOrId: string, container: string): Promise<void> {
  const network = engine.networks.find(nameOrId);
  const endpoint = engine.networks
    .endpoints({ networkId: network.id })
    .find((its) => its.containerId.startsWith(container) || its.dnsNames.includes(container));
  if (!endpoint) throw new NotFound(`endpoint ${container} not found`);
  await engine.networks.disconnect(undefined, endpoint.id);
}
