/**
 * The table of one daemon, as text for nft(8); all pure. The chains never change: networks and published ports are
 * elements of sets and maps, so a packet's way is equally long with one port and with thousands, and each change is
 * one small transaction. docs/network.md tells the way of a packet.
 */
import { bridgeOptionsOf } from '../bridge/options.ts';
import type { Endpoint, NetworkRecord } from '../port.ts';

/** Elements by the name of their set or map. */
export type Elements = ReadonlyMap<string, readonly string[]>;

const sets: Readonly<Record<string, string>> = {
  bridges: 'type ifname',
  pairs: 'type ifname . ifname',
  internal: 'type ifname',
  unprotected: 'type ifname',
  masquerade4: 'type ipv4_addr; flags interval',
  masquerade6: 'type ipv6_addr; flags interval',
  own4: 'type ifname . ipv4_addr; flags interval',
  own6: 'type ifname . ipv6_addr; flags interval',
  open4: 'type ipv4_addr . inet_proto . inet_service',
  open6: 'type ipv6_addr . inet_proto . inet_service',
};

const maps: Readonly<Record<string, string>> = {
  any4: 'type inet_proto . inet_service : ipv4_addr . inet_service',
  any6: 'type inet_proto . inet_service : ipv6_addr . inet_service',
  bound4: 'type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service',
  bound6: 'type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service',
};

const chains = `
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    iifname @bridges ip daddr 127.0.0.0/8 drop comment "route_localnet is for the host itself"
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    jump published
  }
  chain output {
    type nat hook output priority -100; policy accept;
    jump published
  }
  chain published {
    dnat ip to ip daddr . meta l4proto . th dport map @bound4
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @bound6
    fib daddr type local dnat ip to meta l4proto . th dport map @any4
    fib daddr type local dnat ip6 to meta l4proto . th dport map @any6
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname @bridges ip saddr 127.0.0.0/8 masquerade
    ct status dnat oifname . ip saddr @own4 masquerade
    ct status dnat oifname . ip6 saddr @own6 masquerade
    ip saddr @masquerade4 oifname . ip saddr != @own4 masquerade
    ip6 saddr @masquerade6 oifname . ip6 saddr != @own6 masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    iifname . oifname @pairs accept
    iifname @internal drop
    oifname @internal drop
    oifname @bridges jump inbound
  }
  chain inbound {
    ct status dnat accept
    oifname @unprotected accept
    ip daddr . meta l4proto . th dport @open4 accept
    ip6 daddr . meta l4proto . th dport @open6 accept
    drop
  }`;

/** Puts the whole table in place of whatever has its name, in one transaction. */
export function tableText(table: string, elements: Elements): string {
  const declared = [...Object.entries(sets).map(([name, type]) => `  set ${name} { ${type}; }`), ...Object.entries(maps).map(([name, type]) => `  map ${name} { ${type}; }`)];
  return `add table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${declared.join('\n')}${chains}\n}\n${addText(table, elements)}`;
}

/** Removes the table, also when there is none. */
export function removeTableText(table: string): string {
  return `add table inet ${table}\ndelete table inet ${table}\n`;
}

export function addText(table: string, elements: Elements): string {
  return [...elements].map(([set, list]) => `add element inet ${table} ${set} { ${list.join(', ')} }\n`).join('');
}

/** Elements of maps are deleted by key alone. */
export function deleteText(table: string, elements: Elements): string {
  return [...elements].map(([set, list]) => `delete element inet ${table} ${set} { ${list.map((element) => element.split(' : ')[0]).join(', ')} }\n`).join('');
}

/** Every element of every one of `parts`. */
export function joinElements(parts: Iterable<Elements>): Elements {
  const joined = new Map<string, string[]>();
  for (const part of parts) {
    for (const [set, list] of part) joined.set(set, [...(joined.get(set) ?? []), ...list]);
  }
  return joined;
}

/** What a network brings into the table: nothing unless it has a bridge. */
export function elementsOfNetwork(network: NetworkRecord): Elements {
  if (network.driver !== 'bridge') return new Map();
  const options = bridgeOptionsOf(network);
  const bridge = JSON.stringify(network.interfaceName);
  const elements = new Map<string, string[]>([['bridges', [bridge]]]);
  const add = (set: string, element: string): void => void elements.set(set, [...(elements.get(set) ?? []), element]);
  if (options.icc) add('pairs', `${bridge} . ${bridge}`);
  if (network.internal) add('internal', bridge);
  if (options.gatewayMode4 === 'nat-unprotected' || options.gatewayMode6 === 'nat-unprotected') add('unprotected', bridge);
  for (const { subnet } of network.ipam.pools) {
    const family = subnet.includes(':') ? 6 : 4;
    const mode = family === 6 ? options.gatewayMode6 : options.gatewayMode4;
    add(`own${family}`, `${bridge} . ${subnet}`);
    if (options.masquerade && !network.internal && mode !== 'routed') add(`masquerade${family}`, subnet);
  }
  return elements;
}

/** What a container's published ports bring into the table. */
export function elementsOfEndpoint(endpoint: Endpoint, network: NetworkRecord): Elements {
  const elements = new Map<string, string[]>();
  if (network.driver !== 'bridge' || network.internal) return elements;
  const options = bridgeOptionsOf(network);
  const add = (set: string, element: string): void => void elements.set(set, [...(elements.get(set) ?? []), element]);
  for (const { hostIp, protocol, hostPort, containerPort } of endpoint.ports) {
    const family = hostIp.includes(':') ? 6 : 4;
    const address = (family === 6 ? endpoint.ipv6 : endpoint.ipv4)?.address;
    if (address === undefined) continue;
    if ((family === 6 ? options.gatewayMode6 : options.gatewayMode4) === 'routed') add(`open${family}`, `${address} . ${protocol} . ${containerPort}`);
    else if (hostIp === '0.0.0.0' || hostIp === '::') add(`any${family}`, `${protocol} . ${hostPort} : ${address} . ${containerPort}`);
    else add(`bound${family}`, `${hostIp} . ${protocol} . ${hostPort} : ${address} . ${containerPort}`);
  }
  return elements;
}
