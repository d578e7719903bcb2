import { createSocket } from 'node:dgram';
import { Socket as Connection } from 'node:net';
import type { Host } from '../kernel.ts';
import type { DnsOptions, Sandbox } from '../port.ts';
import type { NetworkStore } from '../store.ts';
import { hasDns } from '../endpoints/dns-names.ts';
import { inOrder, leadsOut } from '../endpoints/routes.ts';
import { answerLocally } from './answer.ts';
import { DnsCache } from './cache.ts';
import { forward, type Transport, type Upstream } from './forward.ts';
import { HostResolvConf } from './host-resolv-conf.ts';
import { encodeFormatError, encodeResponse, fitUdp, keyOfQuery, parseQuery, RCODE, readdress, TYPE, type Query } from './message.ts';
import { indexNames, type NetworkNames, type SeatView } from './names.ts';
import { INTERNAL_RESOLVER, saysNdots, upstreamsOf, type ResolvConf } from './resolv-conf.ts';

/** Questions of one container that may be on their way at a time: one that floods starves nobody but itself. */
const MAX_FORWARDS = 1024;
const DNS_PORT = 53;
const tooMany = Promise.resolve(undefined);

/** What is asked elsewhere, and by which container first. */
interface Question {
  readonly key: string;
  readonly scope: string;
  readonly query: Query;
  readonly asker: string;
  readonly transport: Transport;
}

/** Answers the questions of containers: names of their networks from the store, everything else from other resolvers, through a cache. */
export class Resolver {
  readonly #port: number;
  readonly #maxForwards: number;
  readonly #host: Host;
  readonly #store: NetworkStore;
  readonly #cache = new DnsCache();
  readonly #names = new Map<string, { revision: number; names: NetworkNames }>();
  readonly #hostConf = new HostResolvConf();
  #turn = 0;
  /** Questions on their way, by what is asked of whom. */
  readonly #asked = new Map<string, Promise<Buffer | undefined>>();
  /** How many of them each container began. */
  readonly #begun = new Map<string, number>();

  /** `port` of the resolvers; tests have theirs elsewhere, and ask fewer questions at a time. */
  constructor(host: Host, store: NetworkStore, port = DNS_PORT, maxForwards = MAX_FORWARDS) {
    this.#port = port;
    this.#maxForwards = maxForwards;
    this.#host = host;
    this.#store = store;
  }

  /** The host's resolv.conf as it is now. */
  hostConf(): ResolvConf {
    return this.#hostConf.read();
  }

  /** The same for containers that ask the host's resolvers themselves, and cannot reach its loopback. */
  hostConfForOthers(): ResolvConf {
    return this.#hostConf.readForOthers();
  }

  /** The response to one message of a container, at once where it is known; undefined when it deserves none. Over UDP it is as long as the client can take. */
  answer(bytes: Buffer, sandbox: Sandbox, dns: DnsOptions, transport: Transport): Buffer | undefined | Promise<Buffer> {
    const query = parseQuery(bytes);
    if (!query) return encodeFormatError(bytes);
    const fit = (response: Buffer): Buffer => (transport === 'udp' ? fitUdp(query, response) : response);
    const seats = this.#seatsOf(sandbox.containerId);
    const response = answerLocally(query, seats, this.#turn++) ?? this.#elsewhere(query, seats, sandbox, dns, transport);
    return response instanceof Promise ? response.then(fit) : fit(response);
  }

  #elsewhere(query: Query, seats: readonly SeatView[], sandbox: Sandbox, dns: DnsOptions, transport: Transport): Buffer | Promise<Buffer> {
    const host = this.#hostConf.readNowAndThen();
    if (isBareHostName(query) && saysNdots(host, dns)) return encodeResponse(query, RCODE.NOERROR, []);
    // A container of internal networks alone must not reach the world through our questions either.
    const leads = seats.some(({ seat }) => leadsOut(seat, 'ipv4') || leadsOut(seat, 'ipv6'));
    if (dns.servers.length === 0 && !leads) return encodeResponse(query, RCODE.SERVFAIL, []);
    // Ours is no other's: asking it would go round for ever.
    const servers = upstreamsOf(host, dns, seats.some(({ seat }) => seat.ipv6 !== undefined)).filter((address) => address !== INTERNAL_RESOLVER);
    if (servers.length === 0) return encodeResponse(query, RCODE.SERVFAIL, []);
    const scope = dns.servers.length === 0 ? 'host' : `${sandbox.containerId} ${servers.join()}`;
    const cached = this.#cache.find(scope, query);
    if (cached) return cached;
    const key = `${transport} ${scope} ${keyOfQuery(query)}`;
    const asked = this.#asked.get(key) ?? this.#ask({ key, scope, query, asker: sandbox.containerId, transport }, servers.map((address) => this.#upstream(address, sandbox, dns)));
    return asked.then((response) => (response ? readdress(query, response, [], 0) : encodeResponse(query, asked === tooMany ? RCODE.REFUSED : RCODE.SERVFAIL, [])));
  }

  /** Asks once for all who want to know the same at the same time. */
  #ask({ key, scope, query, asker, transport }: Question, upstreams: readonly Upstream[]): Promise<Buffer | undefined> {
    if ((this.#begun.get(asker) ?? 0) >= this.#maxForwards) return tooMany;
    const asked = forward(query, upstreams, transport).then((response) => {
      if (response) this.#cache.store(scope, query, response);
      return response;
    }).finally(() => {
      this.#asked.delete(key);
      this.#count(asker, -1);
    });
    this.#asked.set(key, asked);
    this.#count(asker, 1);
    return asked;
  }

  #count(asker: string, change: 1 | -1): void {
    const begun = (this.#begun.get(asker) ?? 0) + change;
    if (begun > 0) this.#begun.set(asker, begun);
    else this.#begun.delete(asker);
  }

  /** Resolvers that the user named are asked from the container's own network; those of the host's file from the host's. */
  #upstream(address: string, { pid }: Sandbox, dns: DnsOptions): Upstream {
    if (dns.servers.length === 0) return { address, port: this.#port };
    const family = address.includes(':') ? 6 : 4;
    const inside = {
      udp: () => {
        const fd = this.#host.openInside(pid, { protocol: 'udp', address: family === 6 ? '::' : '0.0.0.0', port: 0 });
        return createSocket(`udp${family}`).bind({ fd });
      },
      tcp: () => new Connection({ fd: this.#host.connectInside(pid, { address, port: this.#port }) }),
    };
    return { address, port: this.#port, inside };
  }

  #seatsOf(containerId: string): SeatView[] {
    return inOrder(this.#store.endpointsOfContainer(containerId)).flatMap((seat) => {
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
