/** Reading back what nf_tables holds, as far as telling whether somebody changed it needs. Pure. */
import { attribute, attributesOf, NLM_F, readText, readU16, text, type NetlinkMessage, type NetlinkRequest } from '../netlink/message.ts';
import { NFT_MSG, nftRequest, type NftFamily } from './wire.ts';

/** NFTA_GEN_ID. */
export const GEN_ID = 1;
const RULE = { TABLE: 1, CHAIN: 2, HANDLE: 3 } as const;
const SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3 } as const;

/** Asks for the number of the ruleset's generation, which every committed transaction of anybody raises by one. */
export function getGeneration(): NetlinkRequest {
  return nftRequest(NFT_MSG.GETGEN, 0, 'inet', 'nftables generation');
}

export function parseGeneration({ type, body }: NetlinkMessage): number | undefined {
  return type === NFT_MSG.NEWGEN ? attributesOf(body, 4).get(GEN_ID)?.readUInt32BE(0) : undefined;
}

/** A dump of the rules of a table. */
export function listRules(family: NftFamily, table: string): NetlinkRequest {
  return nftRequest(NFT_MSG.GETRULE, NLM_F.DUMP, family, `rules of ${family} ${table}`, attribute(RULE.TABLE, text(table)));
}

/** A rule as `chain/handle`; undefined for other messages and other tables. */
export function parseRuleName({ type, body }: NetlinkMessage, table: string): string | undefined {
  if (type !== NFT_MSG.NEWRULE) return undefined;
  const attributes = attributesOf(body, 4);
  return readText(attributes.get(RULE.TABLE)) === table ? `${readText(attributes.get(RULE.CHAIN))}/${attributes.get(RULE.HANDLE)?.readBigUInt64BE(0)}` : undefined;
}

/** A dump of the elements of a set or map; ENOENT when it is gone. */
export function listElements(family: NftFamily, table: string, set: string): NetlinkRequest {
  return nftRequest(NFT_MSG.GETSETELEM, NLM_F.DUMP, family, `elements of ${family} ${table} ${set}`, attribute(SET_ELEM_LIST.TABLE, text(table)), attribute(SET_ELEM_LIST.SET, text(set)));
}

/** How many elements one message of the dump carries. */
export function countElements({ type, body }: NetlinkMessage): number {
  const list = type === NFT_MSG.NEWSETELEM ? attributesOf(body, 4).get(SET_ELEM_LIST.ELEMENTS) : undefined;
  let count = 0;
  for (let at = 0; list && at + 4 <= list.length; count++) at += (readU16(list, at) + 3) & ~3 || list.length;
  return count;
}
