import { messageOf } from '#base';
import { listLinks, parseLink } from '#kernel';
import type { Driver } from './driver.ts';
import { answerForNeighbours } from './firewall/links.ts';
import type { Host } from './kernel.ts';
import { Lookout } from './lookout.ts';
import { enableForwarding } from './networks/forwarding.ts';
import type { NetworkRecord } from './port.ts';
import type { NetworkStore, StoredEndpoint } from './store.ts';

/** Of the room, as its own words say. */
interface Means {
  readonly host: Host;
  readonly store: NetworkStore;
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly forwarding: boolean;
  readonly warn: (message: string) => void;
}

/**
 * Puts back what another program takes of networks on the host: bridges, their addresses, routes and ports, settings, forwarding. The
 * kernel tells of such losses, and of nothing that belongs to the life of containers; while there are none nothing is asked.
 */
export class Upkeep implements Disposable {
  readonly #means: Means;
  readonly #lookout: Lookout;
  #watch: Disposable | undefined;
  /** By network, those of its settings of which the kernel announces nothing. */
  readonly #settings = new Map<string, readonly Disposable[]>();
  #told = '';

  constructor(means: Means) {
    this.#means = means;
    this.#lookout = new Lookout(() => this.#repair(), (error) => this.#tell(messageOf(error)));
  }

  /** Starts to look after what is there. What running containers lost before anybody watched is looked for. */
  watch(): void {
    const { host, store } = this.#means;
    this.#watch ??= host.watchLosses(() => this.#lookout.soon());
    for (const network of store.networks()) this.follow(network);
    if (store.allEndpoints().some(isLaid)) this.#lookout.soon();
  }

  /** Looks after the settings of a network that is new, or was laid anew. */
  follow(network: NetworkRecord): void {
    this.forget(network);
    if (!this.#watch) return;
    const names = this.#means.drivers.get(network.driver)?.settings?.(network) ?? [];
    this.#settings.set(network.id, names.map((name) => this.#means.host.watchSysctl(name, () => this.#lookout.soon())));
  }

  forget({ id }: NetworkRecord): void {
    for (const watch of this.#settings.get(id) ?? []) watch[Symbol.dispose]();
    this.#settings.delete(id);
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    for (const watch of [...this.#settings.values()].flat()) watch[Symbol.dispose]();
    this.#settings.clear();
    this.#lookout[Symbol.dispose]();
  }

  #repair(): string[] {
    const { host, store, warn } = this.#means;
    const networks = store.networks();
    const forwarding = ([4, 6] as const).filter((family) => (family === 4 || networks.some(({ enableIPv6 }) => enableIPv6)) && enableForwarding(this.#means, family));
    const links = new Map(host.netlink.query(listLinks()).flatMap((message) => parseLink(message) ?? []).map((link) => [link.name, link]));
    const failures: string[] = [];
    const repaired = networks.flatMap((network) => {
      try {
        const found = this.#means.drivers.get(network.driver)?.repair?.(network, store.endpointsOfNetwork(network.id).filter(isLaid), links) ?? [];
        if (found.length > 0) this.follow(network);
        return found.map((what) => `${what} (network ${network.name}, ${network.interfaceName})`);
      } catch (error) {
        failures.push(`network ${network.name}: ${messageOf(error)}`);
        return [];
      }
    });
    const all = [...forwarding.map((family) => `the host's forwarding of IPv${family}`), ...repaired];
    if (repaired.length > 0) answerForNeighbours(host, store.allEndpoints().filter(isLaid), (id) => store.network(id));
    if (all.length > 0) warn(`another program took away what containers need: put back ${all.slice(0, 5).join(', ')}${all.length > 5 ? ` and ${all.length - 5} more` : ''}`);
    if (failures.length > 0) throw new Error(failures.join('; '));
    this.#told = '';
    return all;
  }

  /** Once, however often it is tried again. */
  #tell(message: string): void {
    if (message !== this.#told) this.#means.warn(`looking after the networks: ${message}`);
    this.#told = message;
  }
}

function isLaid({ interfaceName }: StoredEndpoint): boolean {
  return interfaceName !== undefined;
}
