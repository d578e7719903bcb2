import { BPF, listen, type Instruction } from './listen.ts';

const NETLINK_ROUTE = 0;
const RTNLGRP_LINK = 1;
/** Behind the netlink header, in struct ifinfomsg (rtnetlink(7)). */
const INDEX_OFFSET = 20;

/**
 * Calls `changed` when one of the links with these indexes is changed or removed, whoever did it; other links, which come
 * and go with each container, wake nobody. Of the namespace of the calling thread, until disposed of.
 */
export function watchLinks(indexes: readonly number[], changed: () => void): Disposable {
  return listen({ protocol: NETLINK_ROUTE, groups: [RTNLGRP_LINK], filter: ofThese(indexes), about: 'announcements of links' }, () => changed());
}

function ofThese(indexes: readonly number[]): Instruction[] {
  const inNetworkOrder = (index: number): number => new DataView(new Uint32Array([index]).buffer).getUint32(0);
  const comparisons = indexes.map((index, i): Instruction => [BPF.JUMP_EQUAL, indexes.length - i, 0, inNetworkOrder(index)]);
  return [[BPF.LOAD_WORD, 0, 0, INDEX_OFFSET], ...comparisons, [BPF.RETURN, 0, 0, 0], [BPF.RETURN, 0, 0, 0xffff]];
}
