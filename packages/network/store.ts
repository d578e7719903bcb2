/**
 * What the network room remembers, in two tables and one of small values. Addresses are unique in a network by the
 * schema itself, so that no path can lease one twice; everything read often is also kept in memory.
 */
import { Forbidden, type Database } from '#base';
import type { ContainerPorts, Endpoint, NetworkRecord, PortBinding, ReachedPort } from './port.ts';

/** An endpoint with what only this room needs to know of it. */
export interface StoredEndpoint extends Endpoint {
  readonly containerName: string;
  readonly hostname: string;
  readonly links: readonly string[];
  readonly reaches?: readonly ReachedPort[];
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Its ports as they were asked for: one without a number may become another when they move. */
  readonly askedPorts?: readonly PortBinding[];
  /** The container's published ports, which are open at the addresses of a routed family whether they are published here or elsewhere. */
  readonly openPorts?: readonly PortBinding[];
  /** With their prefix lengths. */
  readonly linkLocal?: readonly { readonly address: string; readonly prefix: number }[];
  /** It has no gateway: everything goes to its interface. */
  readonly routesByInterface?: boolean;
  /** In a network whose driver is a plugin. */
  readonly remote?: RemoteSeat;
}

/** What an endpoint has that a plugin drives. */
export interface RemoteSeat {
  readonly ports: ContainerPorts;
  /** Once it has joined a sandbox. */
  readonly joined?: {
    /** The host's interface that is moved; '' for none. */
    readonly source: string;
    readonly prefix: string;
    readonly routes: readonly StaticRoute[];
    readonly withoutGateway: boolean;
  };
}

/** A route of a plugin's: by a next hop, or without one on the interface's own link. */
export interface StaticRoute {
  /** CIDR. */
  readonly destination: string;
  readonly nextHop?: string;
}

const migrations = [
  `CREATE TABLE network_networks (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT;
   CREATE TABLE network_endpoints (
     id TEXT PRIMARY KEY,
     network_id TEXT NOT NULL REFERENCES network_networks (id),
     container_id TEXT NOT NULL,
     ipv4 TEXT, ipv6 TEXT,
     record TEXT NOT NULL,
     UNIQUE (network_id, container_id), UNIQUE (network_id, ipv4), UNIQUE (network_id, ipv6)) STRICT;
   CREATE TABLE network_values (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
  // A page is written for each index that a row is in: none for the id, which is random, nor for an address that is not there.
  `CREATE TABLE network_seats (
     id TEXT NOT NULL,
     network_id TEXT NOT NULL REFERENCES network_networks (id),
     container_id TEXT NOT NULL,
     ipv4 TEXT, ipv6 TEXT,
     record TEXT NOT NULL,
     UNIQUE (network_id, container_id)) STRICT;
   INSERT INTO network_seats SELECT id, network_id, container_id, ipv4, ipv6, record FROM network_endpoints;
   DROP TABLE network_endpoints;
   ALTER TABLE network_seats RENAME TO network_endpoints;
   CREATE UNIQUE INDEX network_ipv4 ON network_endpoints (network_id, ipv4) WHERE ipv4 IS NOT NULL;
   CREATE UNIQUE INDEX network_ipv6 ON network_endpoints (network_id, ipv6) WHERE ipv6 IS NOT NULL;`,
];

export class NetworkStore {
  /** Counts changes, for whoever derives something. */
  revision = 0;
  readonly #db: Database;
  readonly #networks = new Map<string, NetworkRecord>();
  readonly #endpoints = new Map<string, StoredEndpoint>();
  readonly #byContainer = new Map<string, Set<string>>();
  readonly #byNetwork = new Map<string, Set<string>>();
  /** The addresses after which the next ones are sought, by their keys, and those among them that are not in the table yet. */
  readonly #cursors = new Map<string, string>();
  readonly #moved = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
    db.migrate('network', migrations);
    for (const row of db.all<{ record: string }>('SELECT record FROM network_networks')) this.#remember(JSON.parse(row.record) as NetworkRecord);
    for (const row of db.all<{ record: string }>('SELECT record FROM network_endpoints')) this.#index(JSON.parse(row.record) as StoredEndpoint);
  }

  networks(): NetworkRecord[] {
    return [...this.#networks.values()];
  }

  network(id: string): NetworkRecord | undefined {
    return this.#networks.get(id);
  }

  addNetwork(record: NetworkRecord): void {
    this.#db.run('INSERT INTO network_networks VALUES (?, ?, ?)', record.id, record.name, JSON.stringify(record));
    this.#remember(record);
  }

  removeNetwork(id: string): void {
    const cursors = [cursorKey(id, 4), cursorKey(id, 6)];
    this.#db.transaction(() => {
      this.#db.run('DELETE FROM network_networks WHERE id = ?', id);
      for (const key of cursors) this.setValue(key, undefined);
    });
    for (const key of cursors) {
      this.#cursors.delete(key);
      this.#moved.delete(key);
    }
    this.#networks.delete(id);
    this.#byNetwork.delete(id);
  }

  endpoint(id: string): StoredEndpoint | undefined {
    return this.#endpoints.get(id);
  }

  allEndpoints(): StoredEndpoint[] {
    return [...this.#endpoints.values()];
  }

  endpointsOfContainer(containerId: string): StoredEndpoint[] {
    return this.#read(this.#byContainer.get(containerId));
  }

  endpointsOfNetwork(networkId: string): StoredEndpoint[] {
    return this.#read(this.#byNetwork.get(networkId));
  }

  /**
   * Keeps an endpoint and its addresses, in memory alone until it is updated: a seat without an interface ends with its daemon
   * (`recover`). `chosen` are those of its addresses after which the next ones are sought. Forbidden when one of its addresses is leased.
   */
  addEndpoint(endpoint: StoredEndpoint, chosen: readonly string[]): void {
    if (this.endpointsOfNetwork(endpoint.networkId).some((other) => sharesAddress(other, endpoint))) throw new Forbidden('Address already in use');
    for (const address of chosen) {
      const key = cursorKey(endpoint.networkId, address.includes(':') ? 6 : 4);
      this.#cursors.set(key, address);
      this.#moved.add(key);
    }
    this.#index(endpoint);
  }

  updateEndpoint(endpoint: StoredEndpoint): void {
    this.updateEndpoints([endpoint]);
  }

  /** Stores all of them as they are now, or none when it throws. */
  updateEndpoints(endpoints: readonly StoredEndpoint[]): void {
    if (endpoints.length === 0) return;
    this.#db.transaction(() => {
      for (const endpoint of endpoints) this.#write(endpoint);
      for (const key of this.#moved) this.setValue(key, this.#cursors.get(key));
    });
    this.#moved.clear();
    for (const endpoint of endpoints) this.#endpoints.set(endpoint.id, endpoint);
    this.revision++;
  }

  removeEndpoints(endpoints: readonly StoredEndpoint[]): void {
    this.#db.transaction(() => {
      for (const { networkId, containerId } of endpoints) this.#db.run('DELETE FROM network_endpoints WHERE network_id = ? AND container_id = ?', networkId, containerId);
    });
    for (const endpoint of endpoints) {
      this.#endpoints.delete(endpoint.id);
      drop(this.#byContainer, endpoint.containerId, endpoint.id);
      drop(this.#byNetwork, endpoint.networkId, endpoint.id);
    }
    this.revision++;
  }

  /** The address leased last in a network, of the family. */
  lastAddress(networkId: string, family: 4 | 6): string | undefined {
    const key = cursorKey(networkId, family);
    return this.#cursors.get(key) ?? this.value(key);
  }

  value(key: string): string | undefined {
    return this.#db.get<{ value: string }>('SELECT value FROM network_values WHERE key = ?', key)?.value;
  }

  setValue(key: string, value: string | undefined): void {
    if (value === undefined) this.#db.run('DELETE FROM network_values WHERE key = ?', key);
    else this.#db.run('INSERT INTO network_values VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', key, value);
  }

  /** What follows `prefix` in the keys of values that begin with it. */
  keysAfter(prefix: string): string[] {
    return this.#db.all<{ key: string }>('SELECT key FROM network_values WHERE substr(key, 1, ?) = ?', prefix.length, prefix).map(({ key }) => key.slice(prefix.length));
  }

  #write(endpoint: StoredEndpoint): void {
    const { id, networkId, containerId, ipv4, ipv6 } = endpoint;
    this.#db.run(
      'INSERT INTO network_endpoints VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (network_id, container_id) DO UPDATE SET record = excluded.record',
      id, networkId, containerId, ipv4?.address ?? null, ipv6?.address ?? null, JSON.stringify(endpoint),
    );
  }

  #remember(record: NetworkRecord): void {
    this.#networks.set(record.id, record);
  }

  #index(endpoint: StoredEndpoint): void {
    this.revision++;
    this.#endpoints.set(endpoint.id, endpoint);
    add(this.#byContainer, endpoint.containerId, endpoint.id);
    add(this.#byNetwork, endpoint.networkId, endpoint.id);
  }

  #read(ids: Iterable<string> = []): StoredEndpoint[] {
    return [...ids].flatMap((id) => this.#endpoints.get(id) ?? []);
  }
}

function cursorKey(networkId: string, family: 4 | 6): string {
  return `cursor/${networkId}/${family}`;
}

function sharesAddress(a: Endpoint, b: Endpoint): boolean {
  return (a.ipv4 !== undefined && a.ipv4.address === b.ipv4?.address) || (a.ipv6 !== undefined && a.ipv6.address === b.ipv6?.address);
}

function add(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key) ?? new Set();
  index.set(key, ids.add(id));
}

function drop(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}
