/**
 * The table of one daemon, as text for nft(8); all pure. The chains never change: networks and published ports are
 * elements of sets and maps, so a packet's way is equally long with one port and with thousands, and each change is
 * one small transaction. docs/network.md tells the way of a packet.
 */
import { bridgeOptionsOf } from '../bridge/options.ts';
import type { NetworkRecord } from '../port.ts';

/** Elements by family and name of their set or map: `inet bridges`. */
export type Elements = ReadonlyMap<string, readonly string[]>;

/** The links and the mark of the guard (guard.ts); `mark` only where the host filters by reverse path strictly. */
export interface GuardLinks {
  readonly in: string;
  readonly out: string;
  /** Of `in` and `out`. */
  readonly indexes: readonly number[];
  readonly mark: number | undefined;
  /** The kernel has IPv6. */
  readonly ipv6: boolean;
}

/** Packets that reach any container but those of internal networks: those whose mark has this value in the bits of the mask. */
export interface AcceptedMark {
  readonly value: number;
  readonly mask: number;
}

/** By number: nft looks names up in /etc/protocols, which a small system does not have. */
const [icmp, icmp6] = [1, 58];

const sets: Readonly<Record<string, string>> = {
  bridges: 'type ifname',
  pairs: 'type ifname . ifname',
  internal: 'type ifname',
  unprotected4: 'type ifname',
  unprotected6: 'type ifname',
  masquerade4: 'type ipv4_addr; flags interval',
  masquerade6: 'type ipv6_addr; flags interval',
  own4: 'type ifname . ipv4_addr; flags interval',
  own6: 'type ifname . ipv6_addr; flags interval',
  open4: 'type ipv4_addr . inet_proto . inet_service',
  open6: 'type ipv6_addr . inet_proto . inet_service',
  trusted4: 'type ifname . ipv4_addr . inet_proto . inet_service',
  trusted6: 'type ifname . ipv6_addr . inet_proto . inet_service',
  linked4: 'type ipv4_addr . ipv4_addr . inet_proto . inet_service',
  routed4: 'type ifname',
  routed6: 'type ifname',
};

const maps: Readonly<Record<string, string>> = {
  any4: 'type inet_proto . inet_service : ipv4_addr . inet_service',
  any6: 'type inet_proto . inet_service : ipv6_addr . inet_service',
  bound4: 'type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service',
  bound6: 'type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service',
  snat4: 'type ipv4_addr : ipv4_addr; flags interval',
  snat6: 'type ipv6_addr : ipv6_addr; flags interval',
};

/** The sets and maps that networks fill, as `inet bridges`. */
export const networkSets: readonly string[] = Object.keys({ ...sets, ...maps }).filter((name) => !/^(?:open|trusted|linked|any|bound)/.test(name)).map((name) => `inet ${name}`);

/** Its address means nothing on another link, so nobody there could answer it: the daemon relays it. */
const ofOneLink = 'ip6 saddr fe80::/10 return';

const chains = (guard: GuardLinks | undefined, accepted: AcceptedMark | undefined): string => `
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    ip daddr 127.0.0.0/8 iifname @bridges drop comment "route_localnet is for the host itself"
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ${guard ? `iifname @bridges jump published\n    iifname "${guard.in}" jump published` : `iifname != @bridges ${ofOneLink}\n    jump published`}
  }
  chain output {
    type nat hook output priority -100; policy accept;
    ${ofOneLink}
    jump published
  }
  chain published {
    dnat ip to ip daddr . meta l4proto . th dport map @bound4
    ip6 daddr ::1 return comment "cannot leave the loopback; the daemon relays it"
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @bound6
    fib daddr type local dnat ip to meta l4proto . th dport map @any4
    fib daddr type local dnat ip6 to meta l4proto . th dport map @any6
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname @bridges ip saddr 127.0.0.0/8 masquerade
    ct status dnat oifname . ip saddr @own4 masquerade
    ct status dnat oifname . ip6 saddr @own6 masquerade
    oifname . ip saddr != @own4 snat ip to ip saddr map @snat4
    oifname . ip6 saddr != @own6 snat ip6 to ip6 saddr map @snat6
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
    ct status dnat accept${accepted ? `\n    meta mark & ${accepted.mask} == ${accepted.value} accept` : ''}
    meta nfproto ipv4 iifname != @bridges oifname @unprotected4 accept
    meta nfproto ipv6 iifname != @bridges oifname @unprotected6 accept
    ip daddr . meta l4proto . th dport @open4 accept
    ip6 daddr . meta l4proto . th dport @open6 accept
    iifname . ip daddr . meta l4proto . th dport @trusted4 accept
    iifname . ip6 daddr . meta l4proto . th dport @trusted6 accept
    ip saddr . ip daddr . meta l4proto . th dport @linked4 accept
    oifname @routed4 meta l4proto ${icmp} accept
    oifname @routed6 meta l4proto ${icmp6} accept
    drop
  }`;

/** After every filter of the host's own, and before connection tracking makes an entry of what is dropped here. */
const AFTER_ALL_FILTERS = 1_000_000;

/** Addresses nobody has: the way out knows no neighbours, it needs but a name for the next hop. */
const nextHop = { ip: '169.254.77.77', ip6: 'fe80::6e61:7275' } as const;

/** The guard's own tables, for the copying statement exists in single families alone. */
function guardTable(family: 'ip' | 'ip6', table: string, guard: GuardLinks): string {
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const again = `dup to ${nextHop[family]} device "${guard.out}" drop`;
  const marked = family === 'ip' && guard.mark !== undefined ? `
  chain marked {
    type filter hook prerouting priority mangle; policy accept;
    iifname "${guard.in}" meta mark set ${guard.mark}
  }` : '';
  return `table ${family} ${table} {
  set any { type inet_proto . inet_service; }
  set bound { type ${address} . inet_proto . inet_service; }${marked}
  chain accepted {
    type filter hook input priority ${AFTER_ALL_FILTERS}; policy accept;
    ct state != new accept
    iifname { "lo", "${guard.in}" } accept${family === 'ip6' ? '\n    ip6 saddr fe80::/10 accept' : ''}
    ${family} daddr . meta l4proto . th dport @bound ${again}
    meta l4proto . th dport @any fib daddr type local ${again}
  }
}
`;
}

/** Puts the daemon's tables in place of whatever has their name, in one transaction. */
export function tableText(table: string, elements: Elements, guard: GuardLinks | undefined, accepted?: AcceptedMark): string {
  const declared = [...Object.entries(sets).map(([name, type]) => `  set ${name} { ${type}; }`), ...Object.entries(maps).map(([name, type]) => `  map ${name} { ${type}; }`)];
  const main = `table inet ${table} {\n${declared.join('\n')}${chains(guard, accepted)}\n}\n`;
  const guards = guard ? guardTable('ip', table, guard) + (guard.ipv6 ? guardTable('ip6', table, guard) : '') : '';
  return removeTableText(table) + main + guards + addText(table, elements);
}

/** Removes the tables, also where there are none. */
export function removeTableText(table: string): string {
  return ['inet', 'ip', 'ip6'].map((family) => `add table ${family} ${table}\ndelete table ${family} ${table}\n`).join('');
}

export function addText(table: string, elements: Elements): string {
  return [...elements].map(([set, list]) => `add element ${qualified(table, set)} { ${list.join(', ')} }\n`).join('');
}

/** Elements of maps are deleted by key alone. */
export function deleteText(table: string, elements: Elements): string {
  return [...elements].map(([set, list]) => `delete element ${qualified(table, set)} { ${list.map((element) => element.split(' : ')[0]).join(', ')} }\n`).join('');
}

/** `inet bridges` in table t is `inet t bridges`. */
function qualified(table: string, set: string): string {
  const [family, name] = set.split(' ');
  return `${family} ${table} ${name}`;
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
  const elements = new Map<string, string[]>([['inet bridges', [bridge]]]);
  const add = (set: string, element: string): void => append(elements, `inet ${set}`, element);
  if (options.icc) add('pairs', `${bridge} . ${bridge}`);
  if (network.internal) add('internal', bridge);
  for (const { subnet } of network.ipam.pools) {
    const family = subnet.includes(':') ? 6 : 4;
    const mode = family === 6 ? options.gatewayMode6 : options.gatewayMode4;
    add(`own${family}`, `${bridge} . ${subnet}`);
    if (mode === 'nat-unprotected' && !elements.has(`inet unprotected${family}`)) add(`unprotected${family}`, bridge);
    if (mode === 'routed' && !network.internal && !elements.has(`inet routed${family}`)) add(`routed${family}`, bridge);
    if (!options.masquerade || network.internal || mode === 'routed') continue;
    const hostAddress = family === 6 ? options.hostAddress6 : options.hostAddress4;
    if (hostAddress === '') add(`masquerade${family}`, subnet);
    else add(`snat${family}`, `${subnet} : ${hostAddress}`);
  }
  return elements;
}

function append(elements: Map<string, string[]>, set: string, element: string): void {
  const list = elements.get(set);
  if (list) list.push(element);
  else elements.set(set, [element]);
}
