import { BPF, listen, type Instruction } from './listen.ts';

const NETLINK_ROUTE = 0;
/** Links, then addresses, routes and settings (netconf) of IPv4 and of IPv6. */
const GROUPS = [1, 5, 7, 24, 9, 11, 25];
const RTM = { NEWLINK: 16, DELLINK: 17, DELADDR: 21, DELROUTE: 25, NEWNETCONF: 80 } as const;
const AF_BRIDGE = 7;
const IFF_UP = 1;
const TABLE_MAIN = 254;
const PROTOCOL_KERNEL = 2;
const NETCONFA_FORWARDING = 2;

/** Of the message, with its header of 16 bytes before the family's own (rtnetlink(7), linux/netconf.h). */
const AT = { LENGTH: 0, TYPE: 4, FAMILY: 16, LINK_FLAGS: 24, LINK_CHANGED: 28, ADDRESS_SCOPE: 19, ROUTE_TABLE: 20, ROUTE_PROTOCOL: 21, ROUTE_DESTINATION: 40, SETTING: 28, SETTING_VALUE: 32 } as const;

/** One test of a message: jump operands are what it is compared with. */
interface Condition {
  readonly load: Instruction[0];
  readonly at: number;
  readonly jump: Instruction[0];
  readonly operand: number;
  readonly wanted: boolean;
}

/**
 * Calls `lost` when somebody, whoever it is, sets a link down, takes one that is up out of its bridge, removes an address
 * or a route of those that the kernel makes with addresses, or switches forwarding off. What comes and goes with containers passes
 * none of it: a link that is removed is closed before (both flags of `LINK_CHANGED` are set then) and leaves its bridge
 * closed, and has no address but one of its own link. Of the namespace of the calling thread, until disposed of.
 */
export function watchLosses(lost: () => void): Disposable {
  const filter = anyOf(
    [half(AT.TYPE, RTM.DELLINK), byte(AT.FAMILY, AF_BRIDGE), flag(AT.LINK_FLAGS, IFF_UP)],
    [half(AT.TYPE, RTM.NEWLINK), byte(AT.FAMILY, 0), not(flag(AT.LINK_FLAGS, IFF_UP)), word(AT.LINK_CHANGED, ofHost(IFF_UP))],
    [half(AT.TYPE, RTM.DELADDR), byte(AT.ADDRESS_SCOPE, 0)],
    [half(AT.TYPE, RTM.DELROUTE), byte(AT.ROUTE_TABLE, TABLE_MAIN), byte(AT.ROUTE_PROTOCOL, PROTOCOL_KERNEL), not(word(AT.ROUTE_DESTINATION, 0xfe80_0000))],
    // Of one setting alone: a link that is new has all of its told in one message.
    [half(AT.TYPE, RTM.NEWNETCONF), word(AT.LENGTH, ofHost(36)), word(AT.SETTING, attributeHeader(NETCONFA_FORWARDING)), word(AT.SETTING_VALUE, 0)],
  );
  return listen({ protocol: NETLINK_ROUTE, groups: GROUPS, filter, about: 'announcements of the host\'s network' }, () => lost());
}

/** What fulfils all conditions of one of the alternatives passes. */
function anyOf(...alternatives: readonly Condition[][]): Instruction[] {
  const programs = alternatives.flatMap((conditions) => {
    const steps = conditions.flatMap(({ load, at, jump, operand, wanted }, i): Instruction[] => {
      const toNext = 2 * (conditions.length - i - 1) + 1;
      return [[load, 0, 0, at], [jump, wanted ? 0 : toNext, wanted ? toNext : 0, operand]];
    });
    return [...steps, [BPF.RETURN, 0, 0, 0xffff] as const];
  });
  return [...programs, [BPF.RETURN, 0, 0, 0]];
}

function byte(at: number, operand: number): Condition {
  return { load: BPF.LOAD_BYTE, at, jump: BPF.JUMP_EQUAL, operand, wanted: true };
}

/** In the host's order. */
function half(at: number, value: number): Condition {
  return { load: BPF.LOAD_HALF, at, jump: BPF.JUMP_EQUAL, operand: new DataView(new Uint16Array([value]).buffer).getUint16(0), wanted: true };
}

/** As it lies in the message. */
function word(at: number, operand: number): Condition {
  return { load: BPF.LOAD_WORD, at, jump: BPF.JUMP_EQUAL, operand, wanted: true };
}

function flag(at: number, value: number): Condition {
  return { load: BPF.LOAD_WORD, at, jump: BPF.JUMP_SET, operand: ofHost(value), wanted: true };
}

function not(condition: Condition): Condition {
  return { ...condition, wanted: !condition.wanted };
}

/** As it lies in memory, which BPF reads in network order. */
function ofHost(value: number): number {
  return new DataView(new Uint32Array([value]).buffer).getUint32(0);
}

/** Of an attribute with four bytes of value. */
function attributeHeader(type: number): number {
  return new DataView(new Uint16Array([8, type]).buffer).getUint32(0);
}
