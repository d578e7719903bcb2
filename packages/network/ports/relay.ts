/**
 * What the kernel cannot translate: connections and datagrams over IPv6 to a container without an IPv6 address (or over
 * IPv4 to one without IPv4), those from the host's own ::1, which may not leave the loopback, and those from addresses of one link (fe80::/10). They end at the socket
 * that holds the port, and go on from there to the container's address. A port that nobody calls so costs a watched
 * descriptor, no more.
 */
import { createSocket, type RemoteInfo, type Socket as Datagrams } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { watchReadable, type HeldPort } from '#kernel';

/** Docker's: how long a client of a UDP port may be silent before it is forgotten. */
const UDP_IDLE_MS = 90_000;
const MAX_UDP_CLIENTS = 1024;

export interface RelayTarget {
  readonly protocol: 'tcp' | 'udp';
  /** The family of the held port. */
  readonly family: 4 | 6;
  readonly host: string;
  readonly port: number;
}

/** Serves a held port; disposing of the result closes the port and everything that goes through it. */
export function relay(held: HeldPort, target: RelayTarget): HeldPort {
  if (held.fd < 0) return held;
  let service: Disposable | undefined;
  const watch = watchReadable(held.fd, () => {
    watch[Symbol.dispose]();
    service = target.protocol === 'tcp' ? serveTcp(held.fd, target) : serveUdp(held.fd, target);
  });
  const close = (): void => {
    watch[Symbol.dispose]();
    if (service) service[Symbol.dispose]();
    else held[Symbol.dispose]();
  };
  return { fd: held.fd, [Symbol.dispose]: close };
}

/** Owns the descriptor from now on, as `serveUdp` does. */
function serveTcp(fd: number, { host, port }: RelayTarget): Disposable {
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host, port, allowHalfOpen: true });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      connections.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => connections.delete(socket));
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  // A port that can no longer be served stays held: other programs' EADDRINUSE is its first duty.
  server.on('error', () => {});
  server.listen({ fd });
  const close = (): void => {
    server.close();
    for (const connection of connections) connection.destroy();
  };
  return { [Symbol.dispose]: close };
}

/** Every client gets a socket of its own towards the container, so that answers find their way. */
function serveUdp(fd: number, target: RelayTarget): Disposable {
  const clients = new Map<string, { readonly socket: Datagrams; readonly timer: NodeJS.Timeout }>();
  const server = createSocket(`udp${target.family}`);
  const forget = (key: string): void => {
    const client = clients.get(key);
    clients.delete(key);
    clearTimeout(client?.timer);
    client?.socket.close();
  };
  const greet = (key: string, { port, address }: RemoteInfo): { readonly socket: Datagrams; readonly timer: NodeJS.Timeout } => {
    const socket = createSocket(target.host.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => forget(key), UDP_IDLE_MS).unref();
    socket.on('message', (bytes) => (timer.refresh(), server.send(bytes, port, address)));
    socket.on('error', () => forget(key)); // nobody listens there any more: what is lost is a datagram
    return { socket, timer };
  };
  server.on('error', () => {});
  server.on('message', (bytes, from) => {
    const key = `${from.address} ${from.port}`;
    if (!clients.has(key) && clients.size >= MAX_UDP_CLIENTS) return;
    const client = clients.get(key) ?? greet(key, from);
    clients.set(key, client);
    client.timer.refresh();
    client.socket.send(bytes, target.port, target.host);
  });
  server.bind({ fd });
  const close = (): void => {
    for (const key of clients.keys()) forget(key);
    server.close();
  };
  return { [Symbol.dispose]: close };
}
