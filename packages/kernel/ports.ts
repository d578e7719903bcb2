/**
 * Host ports held by a socket of this process, so that no other program can bind them and one that already has is
 * noticed. The sockets are close-on-exec, and the kernel gives every port back when the process ends.
 */
import { closeSync } from 'node:fs';
import { ipBytes, parseIp, InvalidArgument, type Ip } from '#base';
import { koffi } from './koffi.ts';
import { bind, check, SystemError } from './libc.ts';

/** A port at one of the host's addresses; `0.0.0.0` and `::` stand for all of a family. */
export interface HostPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly address: string;
  readonly port: number;
}

/** A port while it is held; dispose to give it back. */
export interface HeldPort extends Disposable {
  readonly fd: number;
}

const AF = { 4: 2, 6: 10 } as const;
const SOCK = { tcp: 1, udp: 2, sctp: 1 } as const;
const IPPROTO = { tcp: 6, udp: 17, sctp: 132 } as const;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const BACKLOG = 512;
const F_DUPFD_CLOEXEC = 1030;
const SELECT_LIMIT = 1024;
const EINPROGRESS = 115;

/** Bytes of datagrams that may wait to be read, of which a small one takes some 800: by default, and where thousands come at once. */
const WAITING = { served: 1 << 18, flooded: 1 << 22 } as const;

const libc = {
  socket: bind<(domain: number, type: number, protocol: number) => number>('int socket(int domain, int type, int protocol)'),
  bind: bind<(fd: number, address: Uint8Array, length: number) => number>('int bind(int fd, const void *address, uint32_t length)'),
  connect: bind<(fd: number, address: Uint8Array, length: number) => number>('int connect(int fd, const void *address, uint32_t length)'),
  fcntl: bind<(fd: number, command: number, argument: number) => number>('int fcntl(int fd, int command, int argument)'),
  listen: bind<(fd: number, backlog: number) => number>('int listen(int fd, int backlog)'),
  setsockopt: bind<(fd: number, level: number, name: number, value: Uint8Array, length: number) => number>('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
};

/**
 * Binds, and for stream protocols listens, on a port. Throws SystemError: EADDRINUSE when it is taken, EADDRNOTAVAIL
 * when the host has no such address, EAFNOSUPPORT or EPROTONOSUPPORT when the kernel lacks the family or protocol.
 * `served`: somebody will read what comes; otherwise a datagram socket keeps next to nothing. `flooded`: thousands may come before he is there.
 */
export function holdPort(wanted: HostPort, options: { readonly served?: boolean } = {}): HeldPort {
  const fd = moveUp(openBound(wanted, options));
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

/** Thousands of ports may be held; the low numbers stay free for libraries that still use select(2). */
function moveUp(fd: number): number {
  const high = libc.fcntl(fd, F_DUPFD_CLOEXEC, SELECT_LIMIT);
  if (high < 0) return fd; // a limit below that number: then there are not so many either
  closeSync(fd);
  return high;
}

/** As `holdPort`, returning the bare non-blocking descriptor, which the caller closes. */
export function openBound({ protocol, address, port }: HostPort, { served = false, flooded = false }: { readonly served?: boolean; readonly flooded?: boolean } = {}): number {
  const ip = parseIp(address);
  if (!ip) throw new InvalidArgument(`invalid IP address: ${address}`);
  const fd = check('socket', libc.socket(AF[ip.family], SOCK[protocol] | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO[protocol]), protocol);
  try {
    // A listener excludes others even though SO_REUSEADDR looks past connections in TIME_WAIT; a datagram socket must not have it.
    if (protocol !== 'udp') set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    else set(fd, SOL_SOCKET, SO_RCVBUF, flooded ? WAITING.flooded : served ? WAITING.served : 0); // no more than rmem_max
    if (protocol === 'udp' && flooded) force(fd, WAITING.flooded);
    if (ip.family === 6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    const name = socketAddress(ip, port);
    check('bind', libc.bind(fd, name, name.length), `${address}:${port}`);
    if (protocol !== 'udp') check('listen', libc.listen(fd, BACKLOG), `${address}:${port}`);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A non-blocking TCP socket on its way to a port; the caller closes it. What becomes of the attempt shows when it is written to. */
export function openConnecting({ address, port }: Pick<HostPort, 'address' | 'port'>): number {
  const ip = parseIp(address);
  if (!ip) throw new InvalidArgument(`invalid IP address: ${address}`);
  const fd = check('socket', libc.socket(AF[ip.family], SOCK.tcp | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO.tcp), 'tcp');
  const name = socketAddress(ip, port);
  const result = libc.connect(fd, name, name.length);
  if (result === 0 || koffi.errno() === EINPROGRESS) return fd;
  try {
    throw new SystemError('connect', koffi.errno(), `${address}:${port}`);
  } finally {
    closeSync(fd);
  }
}

function set(fd: number, level: number, name: number, value: number): void {
  const bytes = new Uint8Array(new Int32Array([value]).buffer);
  check('setsockopt', libc.setsockopt(fd, level, name, bytes, bytes.length));
}

/** More than rmem_max as well, which is for those who rule the network namespace (CAP_NET_ADMIN of the first user namespace); others keep what they have. */
function force(fd: number, waiting: number): void {
  const bytes = new Uint8Array(new Int32Array([waiting]).buffer);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes, bytes.length);
}

/** struct sockaddr_in, or sockaddr_in6 without flow and scope. */
function socketAddress(ip: Ip, port: number): Uint8Array {
  const bytes = new Uint8Array(ip.family === 4 ? 16 : 28);
  bytes.set(new Uint8Array(new Uint16Array([AF[ip.family]]).buffer), 0);
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(ipBytes(ip), ip.family === 4 ? 4 : 8);
  return bytes;
}
