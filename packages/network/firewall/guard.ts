/**
 * How the host's own input policy comes to guard published ports.
 *
 * A packet whose address is translated before routing is forwarded, and the host's input filter never sees it. So the
 * first packet of a connection is left alone, comes to the input hook as for any service of the host, and whatever
 * filters are there (nftables, iptables, firewalld, ufw) judge it. What they let through meets our last chain of that
 * hook, which sends it round: out of one end of a veth pair and in by the other, where it is translated and forwarded.
 * Connection tracking then knows the connection, and every later packet goes straight. No process has a hand in it,
 * the client's address stays, and it works while the daemon is down.
 *
 *   eth0 ─▶ prerouting ─▶ input: host's filters ─▶ ours ─dup─▶ NAME-out ═ NAME-in ─▶ prerouting: dnat ─▶ forward ─▶ bridge
 */
import { addAddress, addRoute, addRule, createVeth, deleteRule, NetlinkError, setLink, type NetlinkRequest, type RoutingRule } from '#kernel';
import { findLink, removeLink, type Host } from '../kernel.ts';
import type { InstanceNames } from '../names.ts';
import type { GuardLinks } from './ruleset.ts';

/** Both ends share it, so that a frame sent to the sender's own address is taken by the other end. */
const MAC = '02:42:6e:61:72:75';
/** Loose reverse-path filtering wants an address on the link, whichever. */
const ADDRESS = { address: '169.254.77.76', prefix: 32, scope: 'link' } as const;
const MAIN_TABLE = 254;
const RULE_PRIORITY = 28_257;

/** Lays the pair of links, and routing rules where the host checks reverse paths strictly. Again is fine. */
export function layGuard(host: Host, names: InstanceNames): GuardLinks {
  const present = [names.guardIn, names.guardOut].flatMap((name) => findLink(host, name) ?? []);
  if (present.length < 2) {
    for (const link of present) removeLink(host, link); // whose other end somebody renamed or moved away
    host.netlink.run(createVeth({ name: names.guardOut, mac: MAC, arp: false }, { name: names.guardIn, mac: MAC }));
  }
  host.writeSysctl(`net/ipv4/conf/${names.guardIn}/rp_filter`, '0');
  // Their IPv6 addresses are of use at once: nobody else is on that wire.
  for (const name of [names.guardIn, names.guardOut]) host.writeSysctl(`net/ipv6/conf/${name}/accept_dad`, '0');
  const index = findLink(host, names.guardIn)?.index ?? 0;
  const out = findLink(host, names.guardOut)?.index ?? 0;
  host.netlink.run(setLink(out, { up: true }), setLink(index, { up: true }), addAddress({ index, ...ADDRESS }));
  const strict = host.readSysctl('net/ipv4/conf/all/rp_filter') === '1';
  if (strict) layReversePath(host, names, index);
  return { in: names.guardIn, out: names.guardOut, indexes: [index, out].filter((its) => its > 0), mark: strict ? names.mark : undefined, ipv6: host.readSysctl('net/ipv6/conf/all/disable_ipv6') !== undefined };
}

/** The indexes of the two links, in the order of `GuardLinks`, where both are there and up: what was laid is what it must stay. */
export function guardIndexes(host: Host, { guardIn, guardOut }: InstanceNames): number[] {
  const links = [guardIn, guardOut].map((name) => findLink(host, name));
  return links.every((link) => link?.up) ? links.map((link) => link?.index ?? 0) : [];
}

/** Removes links and rules; absent is fine. */
export function removeGuard(host: Host, names: InstanceNames): void {
  for (const rule of rulesOf(names)) runUnless(host, deleteRule(rule), 'ENOENT');
  const link = findLink(host, names.guardIn);
  if (link) removeLink(host, link);
}

/** Tells the strict check that what comes in by the guard is rightly there, without changing where it goes. */
function layReversePath(host: Host, names: InstanceNames, index: number): void {
  host.writeSysctl(`net/ipv4/conf/${names.guardIn}/src_valid_mark`, '1');
  host.netlink.run(addRoute({ destination: '0.0.0.0/0', index, table: names.mark }));
  for (const rule of rulesOf(names)) runUnless(host, addRule(rule), 'EEXIST');
}

/** On its way forward a packet is routed as any other; the way back to its sender, looked up for the check, is the guard. */
function rulesOf({ guardIn, mark }: InstanceNames): RoutingRule[] {
  return [
    { family: 4, priority: RULE_PRIORITY, mark, from: guardIn, table: MAIN_TABLE },
    { family: 4, priority: RULE_PRIORITY + 1, mark, table: mark },
  ];
}

function runUnless(host: Host, request: NetlinkRequest, harmless: 'EEXIST' | 'ENOENT'): void {
  try {
    host.netlink.run(request);
  } catch (error) {
    if (!(error instanceof NetlinkError && error.code === harmless)) throw error;
  }
}
