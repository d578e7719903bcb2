/** rtnetlink requests about links (rtnetlink(7), linux/if_link.h); all pure. */
import { attribute, attributesOf, nested, NLM_F, readText, readU16, readU32, text, u16, u32, u8, type NetlinkMessage, type NetlinkRequest } from './message.ts';

const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, SETLINK: 19 } as const;
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, OPERSTATE: 16, LINKINFO: 18, NET_NS_PID: 19, IFALIAS: 20, NET_NS_FD: 28, EXT_MASK: 29, NUM_TX_QUEUES: 31, NUM_RX_QUEUES: 32, LINK_NETNSID: 37 } as const;
const INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;
const BRPORT = { MODE: 4, ISOLATED: 33 } as const;
const VETH_INFO_PEER = 1;
const SUBLINK_MODE = 1;
const IPVLAN_FLAGS = 2;
const VLAN_ID = 1;
/** RTEXT_FILTER_SKIP_STATS: to sum up what each processor has counted takes the kernel longer than the rest. */
const SKIP_STATS = 8;
const IFF_UP = 1;
const IF_OPER_UP = 6;
const IFF_NOARP = 0x80;

/** A network namespace that a link is moved into. */
export type NamespaceRef = { readonly pid: number } | { readonly fd: number };

/** What a link is made with; what is absent the kernel chooses. */
export interface LinkAttributes {
  readonly name?: string;
  /** `02:42:ac:11:00:02`. */
  readonly mac?: string;
  readonly mtu?: number;
  readonly up?: boolean;
  /** false: the link resolves no neighbours and sends every frame to its own hardware address. */
  readonly arp?: boolean;
  /** A remark that the kernel keeps with the link (only of an existing one). */
  readonly alias?: string;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** It passes packets: up, with a carrier of which the kernel has taken notice (RFC 2863's operational state). */
  readonly operational: boolean;
  /** Index of the bridge it is a port of; 0 for none. */
  readonly master: number;
  /** Index of its peer (veth) or parent (macvlan), perhaps in another namespace; 0 for none. */
  readonly peer: number;
  readonly alias: string;
}

/** `ip link add NAME type bridge`. */
export function createBridge(link: LinkAttributes): NetlinkRequest {
  return create(link, [nested(IFLA.LINKINFO, attribute(INFO.KIND, text('bridge')))]);
}

/** A veth uses one queue of each kind; left alone the kernel makes as many as there may be processors, and takes them off again. */
const oneQueue = [attribute(IFLA.NUM_TX_QUEUES, u32(1)), attribute(IFLA.NUM_RX_QUEUES, u32(1))];

/** A veth pair in one message: this end a port of `master`, the other end born inside `peer.namespace`. */
export function createVeth(link: LinkAttributes & { master?: number }, peer: LinkAttributes & { namespace?: NamespaceRef }): NetlinkRequest {
  const far = Buffer.concat([header(0, peer), ...common(peer), ...oneQueue, ...(peer.namespace ? [namespaceAttribute(peer.namespace)] : [])]);
  const info = nested(IFLA.LINKINFO, attribute(INFO.KIND, text('veth')), nested(INFO.DATA, nested(VETH_INFO_PEER, far)));
  return create(link, [...(link.master ? [attribute(IFLA.MASTER, u32(link.master))] : []), ...oneQueue, info]);
}

/** Modes of macvlan and ipvlan (linux/if_link.h). */
export const macvlanModes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
export const ipvlanModes = { l2: 0, l3: 1, l3s: 2 } as const;
export const ipvlanFlags = { bridge: 0, private: 1, vepa: 2 } as const;
export type IpvlanMode = keyof typeof ipvlanModes;
export type IpvlanFlag = keyof typeof ipvlanFlags;

/** A link over another one, the one with index `parent`; born inside `namespace` when that is given. */
export interface Sublink extends LinkAttributes {
  readonly parent: number;
  readonly namespace?: NamespaceRef;
}

export function createMacvlan(link: Sublink, mode: keyof typeof macvlanModes): NetlinkRequest {
  return createSublink('macvlan', link, attribute(SUBLINK_MODE, u32(macvlanModes[mode])));
}

/** An ipvlan has its parent's hardware address; the flag tells which of its siblings it may speak to. */
export function createIpvlan(link: Sublink, mode: IpvlanMode, flag: IpvlanFlag = 'bridge'): NetlinkRequest {
  return createSublink('ipvlan', link, attribute(SUBLINK_MODE, u16(ipvlanModes[mode])), ...(flag === 'bridge' ? [] : [attribute(IPVLAN_FLAGS, u16(ipvlanFlags[flag]))]));
}

/** `ip link add NAME link PARENT type vlan id ID`. */
export function createVlan(link: Sublink, id: number): NetlinkRequest {
  return createSublink('vlan', link, attribute(VLAN_ID, u16(id)));
}

function createSublink(kind: string, link: Sublink, ...data: Uint8Array[]): NetlinkRequest {
  const info = nested(IFLA.LINKINFO, attribute(INFO.KIND, text(kind)), nested(INFO.DATA, ...data));
  return create(link, [attribute(IFLA.LINK, u32(link.parent)), ...(link.namespace ? [namespaceAttribute(link.namespace)] : []), info]);
}

/** Changes an existing link: `ip link set`. Master 0 takes it out of its bridge. */
export function setLink(index: number, change: LinkAttributes & { master?: number; namespace?: NamespaceRef }): NetlinkRequest {
  const attributes = [...common(change)];
  if (change.master !== undefined) attributes.push(attribute(IFLA.MASTER, u32(change.master)));
  if (change.namespace) attributes.push(namespaceAttribute(change.namespace));
  return { type: RTM.SETLINK, flags: 0, body: Buffer.concat([header(index, change), ...attributes]), about: `set link ${change.name ?? index}` };
}

/** Flags of the bridge port named `name`: hairpin sends frames back where they came from, isolated keeps ports from each other. */
export function setBridgePort(name: string, port: { hairpin?: boolean; isolated?: boolean }): NetlinkRequest {
  const data: Uint8Array[] = [];
  if (port.hairpin !== undefined) data.push(attribute(BRPORT.MODE, u8(Number(port.hairpin))));
  if (port.isolated !== undefined) data.push(attribute(BRPORT.ISOLATED, u8(Number(port.isolated))));
  const info = nested(IFLA.LINKINFO, attribute(INFO.SLAVE_KIND, text('bridge')), nested(INFO.SLAVE_DATA, ...data));
  return { type: RTM.NEWLINK, flags: 0, body: Buffer.concat([header(0), attribute(IFLA.IFNAME, text(name)), info]), about: `set bridge port ${name}` };
}

/** By index or name. */
export function deleteLink(link: number | string): NetlinkRequest {
  const body = typeof link === 'number' ? header(link) : Buffer.concat([header(0), attribute(IFLA.IFNAME, text(link))]);
  return { type: RTM.DELLINK, flags: 0, body, about: `delete link ${link}` };
}

/** A dump of every link of the namespace; read the answers with `parseLink`. */
export function listLinks(): NetlinkRequest {
  return { type: RTM.GETLINK, flags: NLM_F.DUMP, body: header(0), about: 'list links' };
}

/** Asks for one link by name; what it has counted is left out. */
export function getLink(name: string): NetlinkRequest {
  return { type: RTM.GETLINK, flags: 0, body: Buffer.concat([header(0), attribute(IFLA.EXT_MASK, u32(SKIP_STATS)), attribute(IFLA.IFNAME, text(name))]), about: `find link ${name}` };
}

/** Of an RTM_NEWLINK message the link's index; undefined for any other. */
export function indexOfLink({ type, body }: NetlinkMessage): number | undefined {
  return type === RTM.NEWLINK ? readU32(body, 4) : undefined;
}

/** Reads an RTM_NEWLINK message; undefined for any other. */
export function parseLink({ type, body }: NetlinkMessage): Link | undefined {
  if (type !== RTM.NEWLINK) return undefined;
  const attributes = attributesOf(body, 16);
  const info = attributes.get(IFLA.LINKINFO);
  const number = (key: number) => {
    const value = attributes.get(key);
    return value ? readU32(value, 0) : 0;
  };
  return {
    index: readU32(body, 4),
    name: readText(attributes.get(IFLA.IFNAME)),
    kind: info ? readText(attributesOf(info, 0).get(INFO.KIND)) : '',
    mac: [...(attributes.get(IFLA.ADDRESS) ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    mtu: number(IFLA.MTU),
    up: (readU16(body, 8) & IFF_UP) !== 0,
    operational: attributes.get(IFLA.OPERSTATE)?.[0] === IF_OPER_UP,
    master: number(IFLA.MASTER),
    peer: number(IFLA.LINK),
    alias: readText(attributes.get(IFLA.IFALIAS)),
  };
}

function create(link: LinkAttributes, attributes: Uint8Array[]): NetlinkRequest {
  const body = Buffer.concat([header(0, link), ...common(link), ...attributes]);
  return { type: RTM.NEWLINK, flags: NLM_F.CREATE | NLM_F.EXCL, body, about: `add link ${link.name ?? ''}` };
}

/** struct ifinfomsg: family u8, pad, type u16, index i32, flags u32, change mask u32. */
function header(index: number, { up, arp }: Pick<LinkAttributes, 'up' | 'arp'> = {}): Buffer {
  const flags = (up ? IFF_UP : 0) | (arp === false ? IFF_NOARP : 0);
  const changed = (up === undefined ? 0 : IFF_UP) | (arp === undefined ? 0 : IFF_NOARP);
  return Buffer.concat([u32(0), u32(index), u32(flags), u32(changed)]);
}

function common({ name, mac, mtu, alias }: LinkAttributes): Uint8Array[] {
  const attributes: Uint8Array[] = [];
  if (name !== undefined) attributes.push(attribute(IFLA.IFNAME, text(name)));
  if (mac !== undefined) attributes.push(attribute(IFLA.ADDRESS, Buffer.from(mac.replaceAll(':', ''), 'hex')));
  if (mtu !== undefined) attributes.push(attribute(IFLA.MTU, u32(mtu)));
  if (alias !== undefined) attributes.push(attribute(IFLA.IFALIAS, Buffer.from(alias)));
  return attributes;
}

function namespaceAttribute(namespace: NamespaceRef): Uint8Array {
  return 'pid' in namespace ? attribute(IFLA.NET_NS_PID, u32(namespace.pid)) : attribute(IFLA.NET_NS_FD, u32(namespace.fd));
}
