/**
 * The bridge driver: one Linux bridge per network, which has the gateway's addresses; a veth pair per endpoint, one end
 * a port of the bridge, the other born inside the container. The far end goes with its namespace, the near end with it.
 */
import { Conflict, parseCidr } from '#base';
import { addAddress, addConnectedRoute, addNewAddress, createBridge, createVeth, NetlinkError, setBridgePort, setLink, type InterfaceAddress, type Link, type NetlinkRequest } from '#kernel';
import type { Driver } from '../driver.ts';
import { refuseLinkLocalClash } from '../ipam/validate.ts';
import { findLink, removeLink, type Host } from '../kernel.ts';
import { bridgeMacOf, vethNameOf } from '../names.ts';
import type { NetworkRecord } from '../port.ts';
import type { NetworkStore, StoredEndpoint } from '../store.ts';
import { bridgeOptionsOf, type BridgeOptions } from './options.ts';

/** `forwarding`: the daemon may switch it on. */
export function bridgeDriver(host: Host, store: NetworkStore, forwarding = true): Driver {
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
    repair: (network, endpoints, links) => {
      const known = indexes.get(network.id);
      if (known === undefined) return []; // never laid, of which whoever laid it has been told
      const there = links.get(network.interfaceName);
      const found = there?.index === known ? there : undefined;
      const isOurs = store.value(ownedKey(network)) === 'naru';
      if (!found && !isOurs) return [];
      if (!found) indexes.set(network.id, ensure(host, store, network));
      const bridge = found ? (isOurs ? repairBridge(host, network, found, forwarding) : []) : ['the bridge'];
      return [...bridge, ...repairPorts(host, network, indexes.get(network.id) ?? known, endpoints, links)];
    },
    settings: (network) => (network.internal || store.value(ownedKey(network)) !== 'naru' ? [] : [localnetSysctl(network)]),
    remove: (network) => {
      indexes.delete(network.id);
      remove(host, store, network);
    },
    plug: (network, endpoint, { pid }, name) => {
      const options = bridgeOptionsOf(network);
      const near = vethNameOf(endpoint.id);
      const master = indexes.get(network.id) ?? ensure(host, store, network);
      const pair = createVeth({ name: near, master, mtu: options.mtu, up: true }, { name, mac: endpoint.macAddress, mtu: options.mtu, namespace: { pid } });
      return [pair, ...portRequests(host, options, near)];
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
  writeSysctls(host, sysctlsOf(network));
  const addresses = gatewayAddresses(network).map((address) => ({ index, ...address }));
  host.netlink.run(setLink(index, { up: true }), ...addresses.map(addAddress));
  if (existing?.master === 0) for (const address of addresses) restoreRoute(host, address); // that of a VRF is in another table
  return index;
}

/** Completes a bridge that is there; tells what it lacked. */
function repairBridge(host: Host, network: NetworkRecord, { index, up, master }: Link, forwarding: boolean): string[] {
  const addresses = gatewayAddresses(network).map((address) => ({ index, ...address }));
  const settings = writeSysctls(host, { ...sysctlsOf(network), ...(forwarding && forwardingOf(network)) }).map((name) => name.slice('net/'.length).replaceAll('/', '.'));
  if (!up) host.netlink.run(setLink(index, { up: true }));
  const lost = addresses.filter((address) => isDone(host, addNewAddress(address))).map(({ address }) => `the address ${address}`);
  const routes = master === 0 ? addresses.filter((address) => restoreRoute(host, address)).map(({ address, prefix }) => `the route to ${address}/${prefix}`) : [];
  return [...(up ? [] : ['the bridge, which was down']), ...settings, ...lost, ...routes];
}

/** Puts the host's ends of these endpoints' interfaces into the bridge, unless somebody put them into another one. */
function repairPorts(host: Host, network: NetworkRecord, master: number, endpoints: readonly StoredEndpoint[], links: ReadonlyMap<string, Link>): string[] {
  const options = bridgeOptionsOf(network);
  return endpoints.flatMap(({ id, containerName }) => {
    const near = links.get(vethNameOf(id));
    if (!near || (near.master !== 0 && near.master !== master) || (near.master === master && near.up)) return [];
    try {
      host.netlink.run(setLink(near.index, { master, up: true }), ...portRequests(host, options, near.name));
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENODEV') return []; // its container has ended
      throw error;
    }
    return [`the interface of ${containerName}`];
  });
}

/** Of a port that is to be more than a plain one. */
function portRequests(host: Host, { icc }: BridgeOptions, near: string): NetlinkRequest[] {
  const hairpin = bridgesAreFiltered(host);
  return hairpin || !icc ? [setBridgePort(near, { ...(hairpin && { hairpin }), ...(!icc && { isolated: true }) })] : [];
}

/** The kernel makes it with the address, and no more where the address is there. An address that is a block of its own needs none. True where it was not there. */
function restoreRoute(host: Host, address: InterfaceAddress): boolean {
  return address.prefix !== (address.address.includes(':') ? 128 : 32) && isDone(host, addConnectedRoute(address));
}

/** False where what is asked for is there already. */
function isDone(host: Host, request: NetlinkRequest): boolean {
  try {
    host.netlink.run(request);
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === 'EEXIST') return false;
    throw error;
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

/** The names of those that were something else. */
function writeSysctls(host: Host, sysctls: Readonly<Record<string, string>>): string[] {
  return Object.entries(sysctls).filter(([name, value]) => ![undefined, value].includes(host.exchangeSysctl(name, value))).map(([name]) => name);
}

function sysctlsOf(network: NetworkRecord): Record<string, string> {
  const name = inSysctls(network);
  return {
    // Lets the answer to a connection from 127.0.0.1 to a published port come back; the table drops what abuses it.
    ...(!network.internal && { [localnetSysctl(network)]: '1' }),
    [`net/ipv6/conf/${name}/disable_ipv6`]: network.enableIPv6 ? '0' : '1',
    ...(network.enableIPv6 && {
      [`net/ipv6/conf/${name}/accept_ra`]: '0',
      // Without this the bridge could ask for no neighbour during its first two seconds, and nothing would be forwarded.
      [`net/ipv6/conf/${name}/accept_dad`]: '0',
    }),
  };
}

/** What a bridge has from the host's own switch for all, as long as nobody changes it. */
function forwardingOf(network: NetworkRecord): Record<string, string> {
  if (network.internal) return {};
  const name = inSysctls(network);
  return { [`net/ipv4/conf/${name}/forwarding`]: '1', ...(network.enableIPv6 && { [`net/ipv6/conf/${name}/forwarding`]: '1' }) };
}

function localnetSysctl(network: NetworkRecord): string {
  return `net/ipv4/conf/${inSysctls(network)}/route_localnet`;
}

function inSysctls({ interfaceName }: NetworkRecord): string {
  return interfaceName.replaceAll('/', '.');
}

/** With br_netfilter a container that calls its own published port gets its frame back through its own bridge port. */
function bridgesAreFiltered(host: Host): boolean {
  return host.readOwnSysctl('net/bridge/bridge-nf-call-iptables') === '1';
}
