/**
 * Being told when anybody changes the ruleset: the kernel announces each committed transaction to a netlink group
 * (linux/netfilter/nfnetlink.h), and the event loop wakes for the announcement. Nothing is asked while nothing happens.
 */
import { BPF, listen, type Instruction } from '../netlink/listen.ts';
import { attributesOf } from '../netlink/message.ts';
import { GEN_ID } from './inspect.ts';
import { NFT_MSG } from './wire.ts';

const NETLINK_NETFILTER = 12;
const NFNLGRP_NFTABLES = 7;

/**
 * Calls `changed` after transactions of anybody, this process included, with the number of the ruleset's latest
 * generation; undefined when announcements were lost. Watches the namespace of the calling thread until disposed of, and
 * keeps no process alive.
 */
export function watchRuleset(changed: (generation: number | undefined) => void): Disposable {
  return listen({ protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES], filter: newGenerations(), about: 'nftables announcements' }, (messages) => {
    changed(messages?.flatMap(({ type, body }) => (type === NFT_MSG.NEWGEN ? (attributesOf(body, 4).get(GEN_ID)?.readUInt32BE(0) ?? []) : [])).at(-1));
  });
}

/**
 * Only the announcement of a generation passes: what a transaction did is told element by element, which for a program
 * that lays thousands would fill the socket. The type lies at byte 4 of the netlink header.
 */
function newGenerations(): Instruction[] {
  const type = new DataView(new Uint16Array([NFT_MSG.NEWGEN]).buffer).getUint16(0); // BPF reads in network order
  return [[BPF.LOAD_HALF, 0, 0, 4], [BPF.JUMP_EQUAL, 0, 1, type], [BPF.RETURN, 0, 0, 0xffff], [BPF.RETURN, 0, 0, 0]];
}
