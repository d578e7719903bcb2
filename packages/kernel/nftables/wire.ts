/**
 * nf_tables over netlink (linux/netfilter/nf_tables.h), for the few changes that must be quick: libnftables reads every
 * table of the host before each command, so that its cost grows with other people's rulesets; these do not.
 * Numbers are in network byte order, unlike in rtnetlink. All pure.
 */
import { align, attribute, nested, NLA_F_NESTED, NLM_F, text, writeAttributeHeader, type NetlinkRequest } from '../netlink/message.ts';

export type NftFamily = 'inet' | 'ip' | 'ip6';

/** An element of a set, or with `value` of a map, as the bytes of its registers. */
export interface NftElement {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

const SUBSYSTEM = 10 << 8;
export const NFT_MSG = { NEWTABLE: SUBSYSTEM | 0, DELTABLE: SUBSYSTEM | 2, NEWCHAIN: SUBSYSTEM | 3, NEWRULE: SUBSYSTEM | 6, GETRULE: SUBSYSTEM | 7, NEWSETELEM: SUBSYSTEM | 12, GETSETELEM: SUBSYSTEM | 13, DELSETELEM: SUBSYSTEM | 14, NEWGEN: SUBSYSTEM | 15, GETGEN: SUBSYSTEM | 16 } as const;
const BATCH = { BEGIN: 16, END: 17 } as const;
const NFPROTO = { inet: 1, ip: 2, ip6: 10 } as const;
const LIST_ELEM = 1;
const DATA_VALUE = 1;
const SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3 } as const;
const SET_ELEM = { KEY: 1, DATA: 2 } as const;
/** An attribute's length is 16 bits wide. */
const ELEMENTS_PER_MESSAGE = 400;

/** Adds elements; one that is there already with the same value is fine. */
export function addElements(family: NftFamily, table: string, set: string, elements: readonly NftElement[]): NetlinkRequest[] {
  return elementMessages(NFT_MSG.NEWSETELEM, NLM_F.CREATE, family, table, set, elements);
}

/** Deletes elements by key; ENOENT when one is not there. */
export function deleteElements(family: NftFamily, table: string, set: string, elements: readonly NftElement[]): NetlinkRequest[] {
  return elementMessages(NFT_MSG.DELSETELEM, 0, family, table, set, elements.map(({ key }) => ({ key })));
}

/** The parts of a concatenated key or value, each in its own four-byte registers, the tail of the last one zero. */
export function registers(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.alloc(parts.reduce((sum, part) => sum + align(part.length), 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += align(part.length);
  }
  return bytes;
}

/** The messages around a transaction: everything between them happens, or nothing does. */
export function batch(edge: 'BEGIN' | 'END'): NetlinkRequest {
  return { type: BATCH[edge], flags: 0, body: nfgenmsg(0, SUBSYSTEM >> 8), about: `nftables transaction ${edge.toLowerCase()}` };
}

export function nftRequest(type: number, flags: number, family: NftFamily, about: string, ...attributes: Uint8Array[]): NetlinkRequest {
  return { type, flags, body: Buffer.concat([nfgenmsg(NFPROTO[family], 0), ...attributes]), about };
}

export function be16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

export function be32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** NFTA_LIST_ELEM around the attributes of one entry. */
export function listElement(...attributes: Uint8Array[]): Uint8Array {
  return nested(LIST_ELEM, ...attributes);
}

/** A value as registers hold it, inside the attribute `type`. */
export function dataAttribute(type: number, value: Uint8Array): Uint8Array {
  return nested(type, attribute(DATA_VALUE, value));
}

function elementMessages(type: number, flags: number, family: NftFamily, table: string, set: string, elements: readonly NftElement[]): NetlinkRequest[] {
  const messages: NetlinkRequest[] = [];
  for (let start = 0; start < elements.length; start += ELEMENTS_PER_MESSAGE) {
    const list = encodeElements(elements.slice(start, start + ELEMENTS_PER_MESSAGE));
    messages.push(nftRequest(type, flags, family, `elements of ${family} ${table} ${set}`, attribute(SET_ELEM_LIST.TABLE, text(table)), attribute(SET_ELEM_LIST.SET, text(set)), nested(SET_ELEM_LIST.ELEMENTS, list)));
  }
  return messages;
}

/** Every element as NFTA_LIST_ELEM around key and value, written into one buffer: a container may publish hundreds of ports. */
function encodeElements(elements: readonly NftElement[]): Buffer {
  const sizeOf = (data: Uint8Array | undefined): number => (data ? 8 + align(data.length) : 0);
  const bytes = Buffer.alloc(elements.reduce((sum, { key, value }) => sum + 4 + sizeOf(key) + sizeOf(value), 0));
  let at = 0;
  for (const { key, value } of elements) {
    writeAttributeHeader(bytes, at, LIST_ELEM | NLA_F_NESTED, sizeOf(key) + sizeOf(value));
    at = writeData(bytes, at + 4, SET_ELEM.KEY, key);
    if (value) at = writeData(bytes, at, SET_ELEM.DATA, value);
  }
  return bytes;
}

/** What `dataAttribute` gives, in place; returns where it ends. */
function writeData(bytes: Buffer, at: number, type: number, value: Uint8Array): number {
  writeAttributeHeader(bytes, at, type | NLA_F_NESTED, 4 + align(value.length));
  writeAttributeHeader(bytes, at + 4, DATA_VALUE, value.length);
  bytes.set(value, at + 8);
  return at + 8 + align(value.length);
}

/** struct nfgenmsg: family u8, version u8, resource id be16. */
function nfgenmsg(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource & 0xff);
}
