import { messageOf } from '#base';
import { listLinks, parseLink } from '#kernel';
import { forgetDns, rememberedDns } from '../dns/remember.ts';
import { completeChange, openDns } from '../endpoints/attach.ts';
import { removeLink } from '../kernel.ts';
import { vethNameOf } from '../names.ts';
import { ensureDefaults, forgetOutdatedDefault } from '../networks/defaults.ts';
import type { NetworkRecord, Sandbox } from '../port.ts';
import { keepPorts } from '../ports/hold.ts';
import type { Room } from '../room.ts';
import type { StoredEndpoint } from '../store.ts';
import { settle, unsettledContainers } from '../endpoints/unsettled.ts';
import { enableForwarding } from '../networks/forwarding.ts';

/** Makes the host what the store says, for the containers that still run; everything else of this daemon's goes. */
export function recover(room: Room, running: readonly Sandbox[]): void {
  if (room.packetRules && room.host.nftablesFault !== undefined) room.warn(room.host.nftablesFault);
  forgetEnded(room, new Set(running.map(({ containerId }) => containerId)));
  forgetOutdatedDefault(room);
  enableForwarding(room, 4);
  for (const network of room.store.networks()) layAgain(room, network);
  ensureDefaults(room);
  if (room.store.networks().some(({ enableIPv6 }) => enableIPv6)) enableForwarding(room, 6);
  removeStrayLinks(room);
  for (const endpoint of room.store.allEndpoints()) holdAgain(room, endpoint);
  room.firewall.lay();
  room.firewall.watch();
  for (const sandbox of running) enterAgain(room, sandbox);
  room.upkeep.watch();
}

/** A network whose parent or name somebody took must not keep the daemon from starting: its containers will be told. */
function layAgain(room: Room, network: NetworkRecord): void {
  try {
    room.drivers.get(network.driver)?.ensure(network);
  } catch (error) {
    room.warn(`network ${network.name}: ${messageOf(error)}`);
  }
}

function forgetEnded({ store }: Room, running: ReadonlySet<string>): void {
  store.removeEndpoints(store.allEndpoints().filter(({ containerId, interfaceName }) => !running.has(containerId) || interfaceName === undefined));
  for (const containerId of rememberedDns(store)) if (!running.has(containerId)) forgetDns(store, containerId);
  for (const containerId of unsettledContainers(store)) if (!running.has(containerId)) settle(store, containerId);
}

/** Ends of veth pairs at our bridges that no endpoint has. */
function removeStrayLinks({ host, store }: Room): void {
  const links = host.netlink.query(listLinks()).flatMap((message) => parseLink(message) ?? []);
  const ours = new Set(store.networks().map(({ interfaceName }) => interfaceName));
  const bridges = new Set(links.filter(({ name }) => ours.has(name)).map(({ index }) => index));
  const wanted = new Set(store.allEndpoints().map(({ id }) => vethNameOf(id)));
  const stray = links.filter(({ name, master, kind }) => kind === 'veth' && bridges.has(master) && /^nr[0-9a-f]{12}$/.test(name) && !wanted.has(name));
  for (const link of stray) removeLink(host, link);
}

/** Takes the very ports again that a running container had. One that somebody else took meanwhile is a warning: the container goes on. */
function holdAgain(room: Room, endpoint: StoredEndpoint): void {
  const network = room.store.network(endpoint.networkId);
  if (!network || endpoint.ports.length === 0) return;
  for (const { message } of keepPorts(room, network, endpoint)) room.warn(`container ${endpoint.containerName}: ${message}`);
}

function enterAgain(room: Room, sandbox: Sandbox): void {
  try {
    openDns(room, sandbox, room.store.endpointsOfContainer(sandbox.containerId));
    completeChange(room, sandbox);
  } catch (error) {
    // It may have ended since it was found running; its exit is being told already.
    room.warn(`network of container ${sandbox.containerId}: ${messageOf(error)}`);
  }
}
