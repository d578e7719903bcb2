/**
 * A table that makes a service on some port of an address appear at another port, by rewriting ports alone on the way
 * out of every socket, in both directions. No address changes and no connection is tracked. Pure.
 */
import { attribute, nested, NLM_F, text, type NetlinkRequest } from '../netlink/message.ts';
import { be16, be32, dataAttribute, listElement, NFT_MSG, nftRequest } from './wire.ts';

export interface PortRewrite {
  readonly protocol: 'tcp' | 'udp';
  /** Where clients look for the service. */
  readonly shown: number;
  /** Where it listens. */
  readonly real: number;
}

const NF_INET_LOCAL_OUT = 3;
const PRIORITY_RAW = -300;
const IPPROTO = { tcp: 6, udp: 17 } as const;
/** Offsets of the checksum in the transport header. */
const CHECKSUM = { tcp: 16, udp: 6 } as const;
const PORT = { source: 0, destination: 2 } as const;
const ADDRESS = { source: 12, destination: 16 } as const;
const REGISTER = 1;
const BASE = { network: 1, transport: 2 } as const;
const META_L4PROTO = 16;
const CSUM_INET = 1;
const CHAIN = 'output';

const NFTA = {
  TABLE_NAME: 1,
  CHAIN_TABLE: 1, CHAIN_NAME: 3, CHAIN_HOOK: 4, CHAIN_TYPE: 7,
  HOOK_HOOKNUM: 1, HOOK_PRIORITY: 2,
  RULE_TABLE: 1, RULE_CHAIN: 2, RULE_EXPRESSIONS: 4,
  EXPR_NAME: 1, EXPR_DATA: 2,
  PAYLOAD_DREG: 1, PAYLOAD_BASE: 2, PAYLOAD_OFFSET: 3, PAYLOAD_LEN: 4, PAYLOAD_SREG: 5, PAYLOAD_CSUM_TYPE: 6, PAYLOAD_CSUM_OFFSET: 7,
  META_DREG: 1, META_KEY: 2,
  CMP_SREG: 1, CMP_OP: 2, CMP_DATA: 3,
  IMMEDIATE_DREG: 1, IMMEDIATE_DATA: 2,
} as const;

/** The transaction that removes the table; ENOENT when there is none. */
export function removePortRewriteTable(table: string): NetlinkRequest[] {
  return [nftRequest(NFT_MSG.DELTABLE, 0, 'ip', `table ${table}`, attribute(NFTA.TABLE_NAME, text(table)))];
}

/**
 * The transaction that makes the table; EEXIST when there is one of its name (a transaction that also deleted it would
 * make the kernel wait some ten milliseconds). `address` is IPv4, in network order.
 */
export function portRewriteTable(table: string, address: Uint8Array, rewrites: readonly PortRewrite[]): NetlinkRequest[] {
  const name = attribute(NFTA.TABLE_NAME, text(table));
  const hook = nested(NFTA.CHAIN_HOOK, attribute(NFTA.HOOK_HOOKNUM, be32(NF_INET_LOCAL_OUT)), attribute(NFTA.HOOK_PRIORITY, be32(PRIORITY_RAW)));
  return [
    nftRequest(NFT_MSG.NEWTABLE, NLM_F.CREATE | NLM_F.EXCL, 'ip', `table ${table}`, name),
    nftRequest(NFT_MSG.NEWCHAIN, NLM_F.CREATE, 'ip', `chain of ${table}`, attribute(NFTA.CHAIN_TABLE, text(table)), attribute(NFTA.CHAIN_NAME, text(CHAIN)), hook, attribute(NFTA.CHAIN_TYPE, text('filter'))),
    ...rewrites.flatMap(({ protocol, shown, real }) => [
      rule(table, protocol, address, 'destination', shown, real),
      rule(table, protocol, address, 'source', real, shown),
    ]),
  ];
}

/** ip SIDE == address, l4proto == protocol, th SIDE-port == from, then th SIDE-port set to. */
function rule(table: string, protocol: 'tcp' | 'udp', address: Uint8Array, side: 'source' | 'destination', from: number, to: number): NetlinkRequest {
  const expressions = [
    load(BASE.network, ADDRESS[side], 4),
    equals(address),
    expression('meta', attribute(NFTA.META_DREG, be32(REGISTER)), attribute(NFTA.META_KEY, be32(META_L4PROTO))),
    equals(Uint8Array.of(IPPROTO[protocol])),
    load(BASE.transport, PORT[side], 2),
    equals(be16(from)),
    expression('immediate', attribute(NFTA.IMMEDIATE_DREG, be32(REGISTER)), dataAttribute(NFTA.IMMEDIATE_DATA, be16(to))),
    expression('payload', attribute(NFTA.PAYLOAD_SREG, be32(REGISTER)), ...place(BASE.transport, PORT[side], 2), attribute(NFTA.PAYLOAD_CSUM_TYPE, be32(CSUM_INET)), attribute(NFTA.PAYLOAD_CSUM_OFFSET, be32(CHECKSUM[protocol]))),
  ];
  return nftRequest(NFT_MSG.NEWRULE, NLM_F.CREATE | NLM_F.APPEND, 'ip', `rule of ${table}`, attribute(NFTA.RULE_TABLE, text(table)), attribute(NFTA.RULE_CHAIN, text(CHAIN)), nested(NFTA.RULE_EXPRESSIONS, ...expressions));
}

function load(base: number, offset: number, length: number): Uint8Array {
  return expression('payload', attribute(NFTA.PAYLOAD_DREG, be32(REGISTER)), ...place(base, offset, length));
}

function place(base: number, offset: number, length: number): Uint8Array[] {
  return [attribute(NFTA.PAYLOAD_BASE, be32(base)), attribute(NFTA.PAYLOAD_OFFSET, be32(offset)), attribute(NFTA.PAYLOAD_LEN, be32(length))];
}

function equals(value: Uint8Array): Uint8Array {
  return expression('cmp', attribute(NFTA.CMP_SREG, be32(REGISTER)), attribute(NFTA.CMP_OP, be32(0)), dataAttribute(NFTA.CMP_DATA, value));
}

function expression(name: string, ...data: Uint8Array[]): Uint8Array {
  return listElement(attribute(NFTA.EXPR_NAME, text(name)), nested(NFTA.EXPR_DATA, ...data));
}
