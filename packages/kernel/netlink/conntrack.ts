/** Connection tracking over netlink (linux/netfilter/nfnetlink_conntrack.h): finding entries and forgetting them. All pure. */
import { formatIp, ipBytes, ipFromBytes, InvalidArgument, parseIp } from '#base';
import { attribute, attributesOf, nested, NLM_F, u32, u8, type NetlinkMessage, type NetlinkRequest } from './message.ts';

const SUBSYSTEM = 1 << 8;
const MSG = { NEW: SUBSYSTEM | 0, GET: SUBSYSTEM | 1, DELETE: SUBSYSTEM | 2 } as const;
const CTA = { TUPLE_ORIG: 1, TUPLE_REPLY: 2, FILTER: 25 } as const;
const TUPLE = { IP: 1, PROTO: 2 } as const;
const IP_SOURCE = { 4: 1, 6: 3 } as const;
const PROTO = { NUM: 1, DST_PORT: 3 } as const;
const FILTER = { ORIG_FLAGS: 1, REPLY_FLAGS: 2 } as const;
const FLAG = { IP_SRC: 1, PROTO_NUM: 8, PROTO_DST_PORT: 32 } as const;
const AF = { 4: 2, 6: 10 } as const;
const IPPROTO_UDP = 17;

/** One UDP flow. */
export interface UdpFlow {
  readonly family: 4 | 6;
  /** The port its first packet was sent to. */
  readonly destinationPort: number;
  /** Who answers: behind a translation, the container. */
  readonly answeredBy: string;
  /** The kernel's own description, by which it is forgotten. */
  readonly tuple: Uint8Array;
}

/** A dump of the UDP flows that were sent to a port, or are answered by an address. A kernel before 5.8 sends all: compare again. */
export function listUdpFlows(family: 4 | 6, of: { readonly destinationPort: number } | { readonly answeredBy: string }): NetlinkRequest {
  const attributes = 'destinationPort' in of ? byPort(of.destinationPort) : byAnswer(of.answeredBy);
  return { type: MSG.GET, flags: NLM_F.DUMP, body: Buffer.concat([nfgenmsg(family), ...attributes]), about: 'list flows' };
}

export function forgetUdpFlow({ family, tuple }: UdpFlow): NetlinkRequest {
  return { type: MSG.DELETE, flags: 0, body: Buffer.concat([nfgenmsg(family), nested(CTA.TUPLE_ORIG, tuple)]), about: 'forget flow' };
}

/** Reads one entry of a dump; undefined for what is no UDP flow. */
export function parseUdpFlow({ type, body }: NetlinkMessage): UdpFlow | undefined {
  const all = attributesOf(body, 4);
  const tuple = all.get(CTA.TUPLE_ORIG);
  const reply = all.get(CTA.TUPLE_REPLY);
  if (type !== MSG.NEW || !tuple || !reply) return undefined;
  const family = body.readUInt8(0) === AF[6] ? 6 : 4;
  const protocol = attributesOf(attributesOf(tuple, 0).get(TUPLE.PROTO) ?? Buffer.alloc(0), 0);
  const answer = attributesOf(attributesOf(reply, 0).get(TUPLE.IP) ?? Buffer.alloc(0), 0).get(IP_SOURCE[family]);
  if (protocol.get(PROTO.NUM)?.readUInt8(0) !== IPPROTO_UDP || !answer) return undefined;
  return { family, destinationPort: protocol.get(PROTO.DST_PORT)?.readUInt16BE(0) ?? 0, answeredBy: formatIp(ipFromBytes(answer)), tuple };
}

function byPort(port: number): Uint8Array[] {
  const tuple = nested(CTA.TUPLE_ORIG, nested(TUPLE.PROTO, attribute(PROTO.NUM, u8(IPPROTO_UDP)), attribute(PROTO.DST_PORT, Uint8Array.of(port >> 8, port & 0xff))));
  return [tuple, nested(CTA.FILTER, attribute(FILTER.ORIG_FLAGS, u32(FLAG.PROTO_NUM | FLAG.PROTO_DST_PORT)))];
}

function byAnswer(address: string): Uint8Array[] {
  const ip = parseIp(address);
  if (!ip) throw new InvalidArgument(`invalid IP address: ${address}`);
  const tuple = nested(CTA.TUPLE_REPLY, nested(TUPLE.IP, attribute(IP_SOURCE[ip.family], ipBytes(ip))), nested(TUPLE.PROTO, attribute(PROTO.NUM, u8(IPPROTO_UDP))));
  return [tuple, nested(CTA.FILTER, attribute(FILTER.REPLY_FLAGS, u32(FLAG.IP_SRC | FLAG.PROTO_NUM)))];
}

/** struct nfgenmsg: family u8, version u8, resource id be16. */
function nfgenmsg(family: 4 | 6): Uint8Array {
  return Uint8Array.of(AF[family], 0, 0, 0);
}
