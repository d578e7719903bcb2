/**
 * The way out of a container none of whose networks has a gateway: a bridge of its own, `docker_gwbridge` as Docker calls
 * it, on which containers do not reach each other. The container's ports are published there.
 */
import { Conflict, parseCidr } from '#base';
import { allocate } from '../endpoints/allocate.ts';
import { connect, disconnect } from '../endpoints/attach.ts';
import { inOrder } from '../endpoints/routes.ts';
import { createNetwork } from '../networks/create.ts';
import type { NetworkRecord, Sandbox } from '../port.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';

const GATEWAY_NETWORK = 'docker_gwbridge';

/** Gives a running container that way out when it needs it, and takes it away when it does not any more. */
export function settleGateway(room: Room, sandbox: Sandbox): void {
  const seats = room.store.endpointsOfContainer(sandbox.containerId).filter(({ interfaceName }) => interfaceName !== undefined);
  const present = seats.find(({ isGateway }) => isGateway);
  const asked = seats.filter(({ isGateway }) => !isGateway);
  if (present && !needsGateway(room, asked)) disconnect(room, sandbox, present.id);
  else if (!present && needsGateway(room, asked)) openGateway(room, sandbox, asked);
}

function openGateway(room: Room, sandbox: Sandbox, seats: readonly StoredEndpoint[]): void {
  const network = gatewayNetwork(room);
  const ports = seats.some((seat) => seat.ports.length > 0) ? [] : (seats.find(({ remote }) => remote)?.remote?.ports.published ?? []);
  const request = { containerId: sandbox.containerId, containerName: `gateway_${sandbox.containerId.slice(0, 12)}`, network: network.id, aliases: [], ports };
  const seat = allocate(room, request, { isGateway: true });
  try {
    connect(room, sandbox, seat.id);
  } catch (error) {
    disconnect(room, undefined, seat.id);
    throw error;
  }
}

/** One that the user has made with that name is taken as it is. Throws Conflict where it is no bridge: by no other does a container get out. */
function gatewayNetwork(room: Room): NetworkRecord {
  const there = room.store.networks().find(({ name }) => name === GATEWAY_NETWORK);
  if (there && there.driver !== 'bridge') throw new Conflict(`network ${GATEWAY_NETWORK}, by which containers of plugins' networks get out, has the driver ${there.driver}: it must be a bridge`);
  const options = { 'com.docker.network.bridge.enable_icc': 'false', 'com.docker.network.bridge.enable_ip_masquerade': 'true' };
  return there ?? createNetwork(room, { name: GATEWAY_NETWORK, options });
}

/** Docker's rule: IPv4 decides, and only networks of plugins go without. */
function needsGateway({ store }: Room, seats: readonly StoredEndpoint[]): boolean {
  const outside = seats.filter(({ networkId }) => store.network(networkId)?.internal === false);
  const leadsOut = ({ ipv4, remote }: StoredEndpoint): boolean => Boolean(ipv4?.gateway) || (remote?.joined?.routes ?? []).some(({ destination }) => isEverything(destination));
  return !outside.some(leadsOut) && outside.some(({ remote }) => remote !== undefined && !remote.joined?.withoutGateway);
}

function isEverything(destination: string): boolean {
  const block = parseCidr(destination);
  return block?.family === 4 && block.prefix === 0;
}

/** The endpoint by which a container reaches the outside, among those that are laid. */
export function outermost(room: Room, containerId: string): StoredEndpoint | undefined {
  return inOrder(room.store.endpointsOfContainer(containerId)).find(({ ipv4, interfaceName }) => interfaceName !== undefined && Boolean(ipv4?.gateway));
}
