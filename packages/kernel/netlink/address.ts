/** rtnetlink requests about addresses, routes and neighbours (rtnetlink(7)); all pure. Addresses are given as text. */
import { formatIp, InvalidArgument, ipBytes, ipFromBytes, parseCidr, parseIp, type Ip } from '#base';
import { attribute, attributesOf, NLM_F, readU32, u16, u32, type NetlinkMessage, type NetlinkRequest } from './message.ts';

const RTM = { NEWADDR: 20, DELADDR: 21, GETADDR: 22, NEWROUTE: 24, DELROUTE: 25, GETROUTE: 26, NEWNEIGH: 28, DELNEIGH: 29 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4, FLAGS: 8 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, PREFSRC: 7, TABLE: 15 } as const;
const NDA = { DST: 1, LLADDR: 2 } as const;
const AF = { 4: 2, 6: 10 } as const;
const IFA_F_NODAD = 2;
const IFA_F_PERMANENT = 0x80;
const NUD_PERMANENT = 0x80;
const SCOPE = { UNIVERSE: 0, LINK: 253 } as const;
const TABLE_MAIN = 254;
const PROTOCOL_KERNEL = 2;
const PROTOCOL_BOOT = 3;
/** Of the routes that the kernel makes itself with addresses of IPv6 (IP6_RT_PRIO_ADDRCONF). */
const CONNECTED_METRIC_6 = 256;
const UNICAST = 1;

export interface InterfaceAddress {
  readonly index: number;
  readonly address: string;
  readonly prefix: number;
  /** link: known to its own link alone, never the source of what leaves by another. */
  readonly scope?: 'global' | 'link';
}

export interface Route {
  /** CIDR; `0.0.0.0/0` or `::/0` for the default route. */
  readonly destination: string;
  readonly gateway?: string;
  readonly index?: number;
  /** Smaller wins. */
  readonly metric?: number;
  /** Number of the routing table; the main one unless told. */
  readonly table?: number;
}

/** `ip address add ADDRESS/PREFIX dev INDEX`, with the broadcast address for IPv4 and without DAD for IPv6. */
export function addAddress(address: InterfaceAddress): NetlinkRequest {
  return { type: RTM.NEWADDR, flags: NLM_F.CREATE | NLM_F.REPLACE, body: addressBody(address), about: `add address ${address.address}/${address.prefix}` };
}

/** The same, but refused with EEXIST where the link has it. */
export function addNewAddress(address: InterfaceAddress): NetlinkRequest {
  return { ...addAddress(address), flags: NLM_F.CREATE | NLM_F.EXCL };
}

export function deleteAddress(address: InterfaceAddress): NetlinkRequest {
  return { type: RTM.DELADDR, flags: 0, body: addressBody(address), about: `delete address ${address.address}/${address.prefix}` };
}

/** A dump of every address of the namespace; read the answers with `parseAddress`. */
export function listAddresses(): NetlinkRequest {
  return { type: RTM.GETADDR, flags: NLM_F.DUMP, body: Buffer.alloc(8), about: 'list addresses' };
}

/** `ip route replace`. */
export function addRoute(route: Route): NetlinkRequest {
  return { type: RTM.NEWROUTE, flags: NLM_F.CREATE | NLM_F.REPLACE, body: routeBody(route), about: `add route ${route.destination}` };
}

/** The route to an address's own block as the kernel makes it together with the address. Refused with EEXIST where there is one. */
export function addConnectedRoute({ index, address, prefix }: InterfaceAddress): NetlinkRequest {
  const own = parse(address);
  const body = routeBody({ destination: `${address}/${prefix}`, index, ...(own.family === 6 && { metric: CONNECTED_METRIC_6 }), protocol: PROTOCOL_KERNEL });
  const source = own.family === 4 ? [attribute(RTA.PREFSRC, ipBytes(own))] : [];
  return { type: RTM.NEWROUTE, flags: NLM_F.CREATE | NLM_F.EXCL, body: Buffer.concat([body, ...source]), about: `add route ${address}/${prefix}` };
}

export function deleteRoute(route: Route): NetlinkRequest {
  return { type: RTM.DELROUTE, flags: 0, body: routeBody(route), about: `delete route ${route.destination}` };
}

/** A dump of every route of the namespace; read the answers with `parseRoute`. */
export function listRoutes(): NetlinkRequest {
  return { type: RTM.GETROUTE, flags: NLM_F.DUMP, body: Buffer.alloc(12), about: 'list routes' };
}

/** `ip neighbour replace ADDRESS lladdr MAC nud permanent dev INDEX`. */
export function addNeighbour(neighbour: { index: number; address: string; mac: string }): NetlinkRequest {
  const ip = parse(neighbour.address);
  // struct ndmsg: family u8, pad u8 u16, index i32, state u16, flags u8, type u8.
  const header = Buffer.concat([u16(AF[ip.family]), u16(0), u32(neighbour.index), u16(NUD_PERMANENT), u16(0)]);
  const mac = Buffer.from(neighbour.mac.replaceAll(':', ''), 'hex');
  const body = Buffer.concat([header, attribute(NDA.DST, ipBytes(ip)), attribute(NDA.LLADDR, mac)]);
  return { type: RTM.NEWNEIGH, flags: NLM_F.CREATE | NLM_F.REPLACE, body, about: `add neighbour ${neighbour.address}` };
}

/** Reads an RTM_NEWADDR message; undefined for any other. */
export function parseAddress({ type, body }: NetlinkMessage): InterfaceAddress | undefined {
  if (type !== RTM.NEWADDR) return undefined;
  const attributes = attributesOf(body, 8);
  const bytes = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
  if (!bytes) return undefined;
  return { index: readU32(body, 4), address: formatIp(ipFromBytes(bytes)), prefix: body.readUInt8(1) };
}

/** True of a person's addresses: those of one link alone, or leased for a time, mean nothing elsewhere. */
export function isLasting({ type, body }: NetlinkMessage): boolean {
  if (type !== RTM.NEWADDR) return false;
  const flags = attributesOf(body, 8).get(IFA.FLAGS);
  return ((flags ? readU32(flags, 0) : body.readUInt8(2)) & IFA_F_PERMANENT) !== 0 && body.readUInt8(3) === SCOPE.UNIVERSE;
}

/** Reads an RTM_NEWROUTE message of the main table's unicast routes; undefined for any other. */
export function parseRoute({ type, body }: NetlinkMessage): Route | undefined {
  if (type !== RTM.NEWROUTE || body.readUInt8(7) !== UNICAST) return undefined;
  const attributes = attributesOf(body, 12);
  const number = (key: number) => {
    const value = attributes.get(key);
    return value && value.length >= 4 ? readU32(value, 0) : undefined;
  };
  if ((number(RTA.TABLE) ?? body.readUInt8(4)) !== TABLE_MAIN) return undefined;
  const family = body.readUInt8(0) === AF[6] ? 6 : 4;
  const destination = attributes.get(RTA.DST);
  const gateway = attributes.get(RTA.GATEWAY);
  return {
    destination: `${destination ? formatIp(ipFromBytes(destination)) : formatIp({ family, value: 0n })}/${body.readUInt8(1)}`,
    ...(gateway && { gateway: formatIp(ipFromBytes(gateway)) }),
    index: number(RTA.OIF) ?? 0,
    metric: number(RTA.PRIORITY) ?? 0,
  };
}

/** struct ifaddrmsg: family, prefix, flags, scope (u8 each), index u32. */
function addressBody({ index, address, prefix, scope }: InterfaceAddress): Buffer {
  const ip = parse(address);
  const bytes = ipBytes(ip);
  const header = Buffer.concat([Uint8Array.of(AF[ip.family], prefix, 0, scope === 'link' ? SCOPE.LINK : SCOPE.UNIVERSE), u32(index)]);
  const parts = [header, attribute(IFA.LOCAL, bytes), attribute(IFA.ADDRESS, bytes)];
  if (ip.family === 6) parts.push(attribute(IFA.FLAGS, u32(IFA_F_NODAD)));
  else if (prefix < 31) parts.push(attribute(IFA.BROADCAST, broadcastOf(ip, prefix)));
  return Buffer.concat(parts);
}

function broadcastOf(ip: Ip, prefix: number): Uint8Array {
  return ipBytes({ family: 4, value: ip.value | ((1n << BigInt(32 - prefix)) - 1n) });
}

/** struct rtmsg: family, dst prefix, src prefix, tos, table, protocol, scope, type (u8 each), flags u32. */
function routeBody({ destination, gateway, index, metric, table = TABLE_MAIN, protocol = PROTOCOL_BOOT }: Route & { readonly protocol?: number }): Buffer {
  const block = parseCidr(destination);
  if (!block) throw new InvalidArgument(`invalid route destination: ${destination}`);
  const scope = gateway === undefined && block.family === 4 ? SCOPE.LINK : SCOPE.UNIVERSE;
  const header = Buffer.concat([Uint8Array.of(AF[block.family], block.prefix, 0, 0, table < 256 ? table : 0, protocol, scope, UNICAST), u32(0)]);
  const parts: Uint8Array[] = [header];
  if (block.prefix > 0) parts.push(attribute(RTA.DST, ipBytes({ family: block.family, value: block.base })));
  if (gateway !== undefined) parts.push(attribute(RTA.GATEWAY, ipBytes(parse(gateway))));
  if (index !== undefined) parts.push(attribute(RTA.OIF, u32(index)));
  if (metric !== undefined) parts.push(attribute(RTA.PRIORITY, u32(metric)));
  if (table !== TABLE_MAIN) parts.push(attribute(RTA.TABLE, u32(table)));
  return Buffer.concat(parts);
}

function parse(address: string): Ip {
  const ip = parseIp(address);
  if (!ip) throw new InvalidArgument(`invalid IP address: ${address}`);
  return ip;
}
