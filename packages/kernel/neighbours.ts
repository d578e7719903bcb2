/**
 * Tells an interface's neighbours which hardware address has its IP addresses, so that what they remember of earlier owners is
 * forgotten: an ARP request for oneself (RFC 5227, 1.1) and an unsolicited neighbour advertisement (RFC 4861, 7.2.6).
 */
import { close, closeSync } from 'node:fs';
import { ipBytes, parseIp } from '#base';
import { bind, check } from './libc.ts';
import { u16, u32 } from './netlink/message.ts';

/** An interface as its neighbours are to know it. */
export interface Announced {
  /** The interface's index in the namespace in which the announcer is opened. */
  readonly index: number;
  /** `02:42:ac:11:00:02`. */
  readonly mac: string;
  readonly ipv4?: string | undefined;
  readonly ipv6?: string | undefined;
}

/** Keeps the namespace alive in which it was opened until it is disposed of. */
export interface Announcer extends Disposable {
  /** Sends one message for each address, from whatever namespace; one that the kernel does not take is lost. */
  send(): void;
}

const [AF_PACKET, AF_INET6] = [17, 10];
const [SOCK_DGRAM, SOCK_RAW] = [2, 3];
/** SOCK_CLOEXEC | SOCK_NONBLOCK. */
const PLAIN = 0o2000000 | 0o4000;
const [IPPROTO_IPV6, IPPROTO_ICMPV6] = [41, 58];
const [IPV6_MULTICAST_HOPS, ICMP6_FILTER] = [18, 1];
const ETH_P_ARP = Uint8Array.of(8, 6);
const ALL_NODES = 'ff02::1';
/** A receiver takes advertisements that no router has passed on, and no others. */
const HOPS = 255;

const libc = {
  socket: bind<(domain: number, type: number, protocol: number) => number>('int socket(int domain, int type, int protocol)'),
  bind: bind<(fd: number, address: Uint8Array, length: number) => number>('int bind(int fd, const void *address, uint32_t length)'),
  setsockopt: bind<(fd: number, level: number, name: number, value: Uint8Array, length: number) => number>('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  sendto: bind<(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, size: number) => number>('intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)'),
};

interface Message {
  readonly fd: number;
  readonly bytes: Uint8Array;
  readonly to: Uint8Array;
}

/** Opens what it takes in the calling thread's network namespace. Throws SystemError. */
export function openAnnouncer({ index, mac, ipv4, ipv6 }: Announced): Announcer {
  const hardware = Buffer.from(mac.replaceAll(':', ''), 'hex');
  const messages: Message[] = [];
  try {
    if (ipv4) messages.push(arp(index, hardware, bytesOf(ipv4)));
    if (ipv6) messages.push(advertisement(index, hardware, bytesOf(ipv6)));
  } catch (error) {
    for (const { fd } of messages) closeSync(fd);
    throw error;
  }
  return {
    send: () => messages.forEach(({ fd, bytes, to }) => void libc.sendto(fd, bytes, bytes.length, 0, to, to.length)),
    // In a thread: the kernel waits until nobody looks at a packet socket any more (packet_release).
    [Symbol.dispose]: () => messages.splice(0).forEach(({ fd }) => close(fd)),
  };
}

function arp(index: number, mac: Uint8Array, ip: Uint8Array): Message {
  // Ethernet, IPv4, their lengths, a request; the sender; nobody's hardware address, and the sender's own IP address.
  const bytes = Buffer.concat([Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1), mac, ip, new Uint8Array(6), ip]);
  // struct sockaddr_ll: behind type and direction of what is received, everybody's hardware address.
  const to = Buffer.concat([u16(AF_PACKET), ETH_P_ARP, u32(index), Uint8Array.of(0, 0, 0, 6), new Uint8Array(6).fill(0xff), new Uint8Array(2)]);
  return { fd: check('socket', libc.socket(AF_PACKET, SOCK_DGRAM | PLAIN, 0), 'packet'), bytes, to };
}

function advertisement(index: number, mac: Uint8Array, ip: Uint8Array): Message {
  // Type 136, the kernel's checksum, the flag that what is known is replaced; the target; an option: its hardware address.
  const bytes = Buffer.concat([Uint8Array.of(136, 0, 0, 0, 0x20, 0, 0, 0), ip, Uint8Array.of(2, 1), mac]);
  const fd = check('socket', libc.socket(AF_INET6, SOCK_RAW | PLAIN, IPPROTO_ICMPV6), 'icmpv6');
  try {
    const own = address6(ip, index);
    check('setsockopt', libc.setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, new Uint8Array(32).fill(0xff), 32)); // nothing is received
    const hops = u32(HOPS);
    check('setsockopt', libc.setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops, hops.length));
    check('bind', libc.bind(fd, own, own.length));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { fd, bytes, to: address6(bytesOf(ALL_NODES), index) };
}

/** struct sockaddr_in6, without port and flow. */
function address6(ip: Uint8Array, index: number): Uint8Array {
  return Buffer.concat([u16(AF_INET6), new Uint8Array(6), ip, u32(index)]);
}

function bytesOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (!ip) throw new TypeError(`not an address: ${address}`);
  return ipBytes(ip);
}
