/**
 * One resolver address, 127.0.0.11:53, in every container that needs it. The sockets are born inside the container's
 * namespace on a free port, and a two-way rewrite of the port in the namespace's own nftables table lets them appear at
 * 53: so a container that runs a name server of its own on every address still can. The rewrite keeps no connection
 * state. Sockets, table and all go with the namespace.
 */
import { createServer, type Server, type Socket as Connection } from 'node:net';
import { closeSync } from 'node:fs';
import { errnoOf, messageOf } from '#base';
import { portRewriteTable, removePortRewriteTable, serveDatagrams, type DatagramServer } from '#kernel';
import type { Host } from '../kernel.ts';
import type { DnsOptions, Sandbox } from '../port.ts';
import type { Transport } from './forward.ts';
import { frame, unframe } from './framing.ts';
import { INTERNAL_RESOLVER } from './resolv-conf.ts';
import type { Resolver } from './resolver.ts';

const PORT = 53;
const TABLE = 'naru_dns';
const IDLE_MS = 10_000;
const MAX_CONNECTIONS = 64;

interface Listener {
  readonly udp: DatagramServer;
  readonly tcp: Server;
  readonly connections: Set<Connection>;
}

export class DnsService implements Disposable {
  readonly #host: Host;
  readonly #resolver: Resolver;
  readonly #warn: (message: string) => void;
  readonly #listeners = new Map<string, Listener>();

  constructor(host: Host, resolver: Resolver, warn: (message: string) => void) {
    this.#host = host;
    this.#resolver = resolver;
    this.#warn = warn;
  }

  /** Listens in a sandbox, unless it does already; the loopback must be up. */
  open(sandbox: Sandbox, dns: DnsOptions): void {
    if (this.#listeners.has(sandbox.containerId)) return;
    const hasNftables = this.#host.nftablesFault === undefined;
    const descriptors = this.#openDescriptors(sandbox.pid, hasNftables ? 0 : PORT);
    const connections = new Set<Connection>();
    const listener = { udp: this.#serveUdp(descriptors.udp, sandbox, dns), tcp: this.#serveTcp(descriptors.tcp, sandbox, dns, connections), connections };
    this.#listeners.set(sandbox.containerId, listener);
    if (!hasNftables) return;
    this.#rewritePorts(sandbox.pid, listener);
  }

  /** Stops; absent is fine. */
  close(containerId: string): void {
    const listener = this.#listeners.get(containerId);
    if (!listener) return;
    this.#listeners.delete(containerId);
    listener.udp[Symbol.dispose]();
    listener.tcp.close();
    for (const connection of listener.connections) connection.destroy();
  }

  [Symbol.dispose](): void {
    for (const containerId of this.#listeners.keys()) this.close(containerId);
  }

  #openDescriptors(pid: number, port: number): { udp: number; tcp: number } {
    const udp = this.#host.openInside(pid, { protocol: 'udp', address: INTERNAL_RESOLVER, port });
    try {
      return { udp, tcp: this.#host.openInside(pid, { protocol: 'tcp', address: INTERNAL_RESOLVER, port }) };
    } catch (error) {
      closeSync(udp);
      throw error;
    }
  }

  /** Shows both sockets at port 53; in the place of the table of a daemon that was before us. */
  #rewritePorts(pid: number, { udp, tcp }: Listener): void {
    const address = Uint8Array.from(INTERNAL_RESOLVER.split('.'), Number);
    const rewrite = portRewriteTable(TABLE, address, [
      { protocol: 'udp', shown: PORT, real: udp.port },
      { protocol: 'tcp', shown: PORT, real: portOf(tcp) },
    ]);
    try {
      this.#host.filterInside(pid, rewrite);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      this.#host.filterInside(pid, removePortRewriteTable(TABLE));
      this.#host.filterInside(pid, rewrite);
    }
  }

  #serveUdp(fd: number, sandbox: Sandbox, dns: DnsOptions): DatagramServer {
    return serveDatagrams(fd, (bytes, reply) => this.#answer(bytes, sandbox, dns, 'udp', reply));
  }

  /** Nothing that a container asks may end the daemon. */
  #answer(bytes: Buffer, sandbox: Sandbox, dns: DnsOptions, transport: Transport, reply: (response: Buffer) => void): void {
    const complain = (error: unknown): void => this.#warn(`resolver of container ${sandbox.containerId}: ${messageOf(error)}`);
    try {
      const response = this.#resolver.answer(bytes, sandbox, dns, transport);
      if (response instanceof Promise) response.then(reply).catch(complain);
      else if (response) reply(response);
    } catch (error) {
      complain(error);
    }
  }

  #serveTcp(fd: number, sandbox: Sandbox, dns: DnsOptions, connections: Set<Connection>): Server {
    const server = createServer((connection) => {
      connections.add(connection);
      connection.setTimeout(IDLE_MS, () => connection.destroy());
      connection.on('error', () => connection.destroy());
      connection.on('close', () => connections.delete(connection));
      connection.on('data', unframe((bytes) => this.#answer(bytes, sandbox, dns, 'tcp', (response) => {
        if (connection.writable) connection.write(frame(response));
      })));
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.on('error', (error) => this.#warn(`resolver of container ${sandbox.containerId}: ${error.message}`));
    return server.listen({ fd });
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
