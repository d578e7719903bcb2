/**
 * What has passed through containers' interfaces, as often as one likes. The kernel tells it inside the namespace alone
 * (proc(5), /proc/PID/net/dev), which costs as much as thirty reads of an open file, and may not stay open, since that would
 * keep the namespace alive. The host's end of a veth pair tells at once whether anything has passed: only then the inside is read.
 */
import { readFileSync } from 'node:fs';
import { errnoOf } from '#base';
import { OpenFiles, Standstill } from '#kernel';
import type { Driver } from '../driver.ts';
import type { InterfaceTraffic, Sandbox } from '../port.ts';
import type { NetworkStore, StoredEndpoint } from '../store.ts';

type ByName = Readonly<Record<string, InterfaceTraffic>>;

/** What is known of a container's interfaces until its endpoints are others. */
interface Followed {
  readonly files: OpenFiles;
  readonly standstill: Standstill;
  last: ByName;
}

const nothing: ByName = {};

export class Traffic {
  readonly #store: Pick<NetworkStore, 'endpointsOfContainer' | 'network'>;
  readonly #drivers: ReadonlyMap<string, Pick<Driver, 'near'>>;
  /** By a container's first endpoint: an object that goes when that is another. */
  readonly #followed = new WeakMap<StoredEndpoint, Followed>();

  constructor(store: Pick<NetworkStore, 'endpointsOfContainer' | 'network'>, drivers: ReadonlyMap<string, Pick<Driver, 'near'>>) {
    this.#store = store;
    this.#drivers = drivers;
  }

  /** See `Networks.traffic`. */
  of({ containerId, pid }: Sandbox): ByName {
    const endpoints = this.#store.endpointsOfContainer(containerId).filter(({ interfaceName }) => interfaceName);
    const [first] = endpoints;
    if (!first) return nothing;
    const followed = this.#followed.get(first) ?? { files: new OpenFiles(), standstill: new Standstill(), last: nothing };
    this.#followed.set(first, followed);
    followed.files.stay();
    if (!followed.standstill.holds(this.#passed(endpoints, followed.files))) followed.last = inside(pid, new Set(endpoints.map(({ interfaceName }) => interfaceName)));
    return followed.last;
  }

  /** Packets, both ways, at the host's end of each; nothing unless all of them have such an end, in the namespace that /sys shows. */
  #passed(endpoints: readonly StoredEndpoint[], files: OpenFiles): number[] {
    const counters: number[] = [];
    for (const endpoint of endpoints) {
      const near = this.#drivers.get(this.#store.network(endpoint.networkId)?.driver ?? '')?.near?.(endpoint);
      if (near === undefined) return [];
      try {
        for (const way of ['rx_packets', 'tx_packets']) counters.push(files.parsed(`/sys/class/net/${near}/statistics`, way, Number));
      } catch (error) {
        if (isGone(error)) return [];
        throw error;
      }
    }
    return counters;
  }
}

function inside(pid: number, names: ReadonlySet<string | undefined>): ByName {
  try {
    const rows = readFileSync(`/proc/${pid}/net/dev`, 'utf8').trimEnd().split('\n').slice(2);
    return Object.fromEntries(rows.map(interfaceOf).filter(([name]) => names.has(name)));
  } catch (error) {
    if (isGone(error)) return nothing;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'EINVAL', 'ESRCH'].includes(errnoOf(error) ?? '');
}

/** A row is `name: counters …`; a name may have colons itself, as no counter does. */
function interfaceOf(row: string): [string, InterfaceTraffic] {
  const colon = row.lastIndexOf(':');
  const columns = row.slice(colon + 1).trim().split(/\s+/).map(Number);
  const counters = ([bytes = 0, packets = 0, errors = 0, dropped = 0]: number[]) => ({ bytes, packets, errors, dropped });
  return [row.slice(0, colon).trim(), { received: counters(columns), sent: counters(columns.slice(8)) }];
}
