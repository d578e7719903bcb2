import { readFileSync, statSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { errnoOf } from '#base';
import type { Host } from '../kernel.ts';
import type { DnsOptions, Sandbox } from '../port.ts';
import type { NetworkStore } from '../store.ts';
import { hasDns } from '../endpoints/dns-names.ts';
import { leadsOut } from '../endpoints/routes.ts';
import { answerLocally } from './answer.ts';
import { DnsCache } from './cache.ts';
import { forward, type Transport, type Upstream } from './forward.ts';
import { encodeFormatError, encodeResponse, parseQuery, RCODE, TYPE, type Query } from './message.ts';
import { indexNames, type NetworkNames, type SeatView } from './names.ts';
import { isLoopback, parseResolvConf, upstreamsOf, type ResolvConf } from './resolv-conf.ts';

const MAX_FORWARDS = 1024;
export const HOST_RESOLV_CONF = '/etc/resolv.conf';

/** Answers the questions of containers: names of their networks from the store, everything else from other resolvers, through a cache. */
export class Resolver {
  readonly #host: Host;
  readonly #store: NetworkStore;
  readonly #cache = new DnsCache();
  readonly #names = new Map<string, { revision: number; names: NetworkNames }>();
  readonly #hostConf = new HostResolvConf();
  #turn = 0;
  #forwards = 0;

  constructor(host: Host, store: NetworkStore) {
    this.#host = host;
    this.#store = store;
  }

  /** The host's resolv.conf as it is now. */
  hostConf(): ResolvConf {
    return this.#hostConf.read();
  }

  /** The response to one message of a container; undefined when it deserves none. Never throws. */
  async answer(bytes: Buffer, sandbox: Sandbox, dns: DnsOptions, transport: Transport): Promise<Buffer | undefined> {
    const query = parseQuery(bytes);
    if (!query) return encodeFormatError(bytes);
    const seats = this.#seatsOf(sandbox.containerId);
    return answerLocally(query, seats, this.#turn++) ?? this.#elsewhere(query, seats, sandbox, dns, transport);
  }

  async #elsewhere(query: Query, seats: readonly SeatView[], sandbox: Sandbox, dns: DnsOptions, transport: Transport): Promise<Buffer> {
    if (isBareHostName(query) && dns.options.some((option) => /^ndots:[1-9]/.test(option))) return encodeResponse(query, RCODE.NOERROR, []);
    // A container of internal networks alone must not reach the world through our questions either.
    if (!seats.some(({ seat }) => leadsOut(seat, 'ipv4') || leadsOut(seat, 'ipv6'))) return encodeResponse(query, RCODE.SERVFAIL, []);
    const servers = upstreamsOf(this.hostConf(), dns);
    const scope = servers.join(',');
    const cached = this.#cache.find(scope, query);
    if (cached) return cached;
    if (this.#forwards >= MAX_FORWARDS) return encodeResponse(query, RCODE.REFUSED, []);
    this.#forwards++;
    try {
      const response = await forward(query, servers.map((address) => this.#upstream(address, sandbox, dns)), transport);
      if (response) this.#cache.store(scope, query, response);
      return response ?? encodeResponse(query, RCODE.SERVFAIL, []);
    } finally {
      this.#forwards--;
    }
  }

  /** A loopback resolver that the user named is the container's own loopback; the host's file means the host's. */
  #upstream(address: string, { pid }: Sandbox, dns: DnsOptions): Upstream {
    if (dns.servers.length === 0 || !isLoopback(address) || address.includes(':')) return { address };
    const openSocket = () => {
      const fd = this.#host.openInside(pid, { protocol: 'udp', address: '127.0.0.1', port: 0 });
      return createSocket('udp4').bind({ fd });
    };
    return { address, openSocket };
  }

  #seatsOf(containerId: string): SeatView[] {
    return this.#store.endpointsOfContainer(containerId).flatMap((seat) => {
      const network = this.#store.network(seat.networkId);
      return network && hasDns(network) ? [{ seat, names: this.#namesOf(seat.networkId, network.name) }] : [];
    });
  }

  #namesOf(networkId: string, networkName: string): NetworkNames {
    const { revision } = this.#store;
    const known = this.#names.get(networkId);
    if (known?.revision === revision) return known.names;
    const names = indexNames(networkName, this.#store.endpointsOfNetwork(networkId));
    this.#names.set(networkId, { revision, names });
    return names;
  }
}

function isBareHostName({ name, type }: Query): boolean {
  return !name.includes('.') && (type === TYPE.A || type === TYPE.AAAA);
}

/** Reads the file again when it changed, looking at most once a second. */
class HostResolvConf {
  #conf: ResolvConf = { nameservers: [], search: [], options: [] };
  #changed = 0;
  #lookedAt = -Infinity;

  read(): ResolvConf {
    const now = performance.now();
    if (now - this.#lookedAt < 1000) return this.#conf;
    this.#lookedAt = now;
    try {
      const { mtimeMs } = statSync(HOST_RESOLV_CONF);
      if (mtimeMs !== this.#changed) this.#conf = parseResolvConf(readFileSync(HOST_RESOLV_CONF, 'utf8'));
      this.#changed = mtimeMs;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      this.#conf = { nameservers: [], search: [], options: [] };
    }
    return this.#conf;
  }
}
