/**
 * The bridge driver: one Linux bridge per network, which has the gateway's addresses; a veth pair per endpoint, one end
 * a port of the bridge, the other born inside the container. The far end goes with its namespace, the near end with it.
 */
import { Conflict, parseCidr } from '#base';
import { addAddress, addConnectedRoute, createBridge, createVeth, NetlinkError, setBridgePort, setLink, type InterfaceAddress } from '#kernel';
import type { Driver } from '../driver.ts';
import { refuseLinkLocalClash } from '../ipam/validate.ts';
import { findLink, removeLink, type Host } from '../kernel.ts';
import { bridgeMacOf, vethNameOf } from '../names.ts';
import type { NetworkRecord } from '../port.ts';
import type { NetworkStore } from '../store.ts';
import { bridgeOptionsOf } from './options.ts';

export function bridgeDriver(host: Host, store: NetworkStore): Driver {
  const indexes = new Map<string, number>();
  return {
    name: 'bridge',
    check: (network) => {
      bridgeOptionsOf(network);
      for (const block of network.ipam.pools.flatMap(({ subnet }) => parseCidr(subnet) ?? [])) refuseLinkLocalClash(block);
    },
    ensure: (network) => void indexes.set(network.id, ensure(host, store, network)),
    restore: (network) => {
      const isThere = findLink(host, network.interfaceName)?.index === indexes.get(network.id);
      if (!isThere) indexes.set(network.id, ensure(host, store, network));
      return !isThere;
    },
    remove: (network) => {
      indexes.delete(network.id);
      remove(host, store, network);
    },
    plug: (network, endpoint, { pid }, name) => {
      const options = bridgeOptionsOf(network);
      const near = vethNameOf(endpoint.id);
      const master = indexes.get(network.id) ?? ensure(host, store, network);
      const hairpin = bridgesAreFiltered(host);
      const pair = createVeth({ name: near, master, mtu: options.mtu, up: true }, { name, mac: endpoint.macAddress, mtu: options.mtu, namespace: { pid } });
      const port = hairpin || !options.icc ? [setBridgePort(near, { ...(hairpin && { hairpin }), ...(!options.icc && { isolated: true }) })] : [];
      return [pair, ...port];
    },
    near: ({ id }) => vethNameOf(id),
    unplug: (_network, endpoint) => {
      const near = findLink(host, vethNameOf(endpoint.id));
      if (near) removeLink(host, near);
    },
  };
}

/** Makes the bridge where it is missing and gives it its addresses and routes; returns its index. */
function ensure(host: Host, store: NetworkStore, network: NetworkRecord): number {
  const options = bridgeOptionsOf(network);
  const name = network.interfaceName;
  const existing = findLink(host, name);
  if (existing && existing.kind !== 'bridge') throw new Conflict(`existing interface ${name} is not a bridge`);
  // A bridge that was there before us is the user's, and stays when the network goes.
  if (existing && store.value(ownedKey(network)) === undefined) store.setValue(ownedKey(network), 'user');
  if (!existing) {
    store.setValue(ownedKey(network), 'naru');
    host.netlink.run(createBridge({ name, mac: bridgeMacOf(network.id), mtu: options.mtu }));
  }
  const { index } = existing ?? findLink(host, name) ?? { index: 0 };
  writeSysctls(host, network);
  const addresses = gatewayAddresses(network).map((address) => ({ index, ...address }));
  host.netlink.run(setLink(index, { up: true }), ...addresses.map(addAddress));
  if (existing?.master === 0) for (const address of addresses) restoreRoute(host, address); // that of a VRF is in another table
  return index;
}

/** The kernel makes it with the address, and no more where the address is there. An address that is a block of its own needs none. */
function restoreRoute(host: Host, address: InterfaceAddress): void {
  if (address.prefix === (address.address.includes(':') ? 128 : 32)) return;
  try {
    host.netlink.run(addConnectedRoute(address));
  } catch (error) {
    if (!(error instanceof NetlinkError && error.code === 'EEXIST')) throw error;
  }
}

function remove(host: Host, store: NetworkStore, network: NetworkRecord): void {
  const isOurs = store.value(ownedKey(network)) === 'naru';
  const link = isOurs ? findLink(host, network.interfaceName) : undefined;
  if (link) removeLink(host, link);
  store.setValue(ownedKey(network), undefined);
}

function ownedKey(network: NetworkRecord): string {
  return `bridge/${network.id}`;
}

/** The bridge's own addresses: each pool's gateway, except in an isolated network. */
function gatewayAddresses(network: NetworkRecord): { address: string; prefix: number }[] {
  const options = bridgeOptionsOf(network);
  return network.ipam.pools.flatMap(({ subnet, gateway }) => {
    const block = parseCidr(subnet);
    const mode = block?.family === 6 ? options.gatewayMode6 : options.gatewayMode4;
    if (block?.family === 4 && options.inhibitIPv4) return [];
    return block && gateway !== '' && mode !== 'isolated' ? [{ address: gateway, prefix: block.prefix }] : [];
  });
}

function writeSysctls(host: Host, network: NetworkRecord): void {
  const name = network.interfaceName.replaceAll('/', '.');
  // Lets the answer to a connection from 127.0.0.1 to a published port come back; the table drops what abuses it.
  if (!network.internal) host.writeSysctl(`net/ipv4/conf/${name}/route_localnet`, '1');
  host.writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, network.enableIPv6 ? '0' : '1');
  if (!network.enableIPv6) return;
  host.writeSysctl(`net/ipv6/conf/${name}/accept_ra`, '0');
  // Without this the bridge could ask for no neighbour during its first two seconds, and nothing would be forwarded.
  host.writeSysctl(`net/ipv6/conf/${name}/accept_dad`, '0');
}

/** With br_netfilter a container that calls its own published port gets its frame back through its own bridge port. */
function bridgesAreFiltered(host: Host): boolean {
  return host.readOwnSysctl('net/bridge/bridge-nf-call-iptables') === '1';
}
