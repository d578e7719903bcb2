import { Unavailable } from '#base';
import type { Host } from '../kernel.ts';
import type { InstanceNames } from '../names.ts';
import type { NetworkRecord } from '../port.ts';
import type { NetworkStore, StoredEndpoint } from '../store.ts';
import { forgetEarlierFlows, forgetOwnFlows } from './flows.ts';
import { layGuard, removeGuard } from './guard.ts';
import { addRequests, deleteRequests, elementsOfEndpoint, textOf, type PortElement } from './ports.ts';
import { addText, deleteText, elementsOfNetwork, joinElements, removeTableText, tableText, type Elements } from './ruleset.ts';

/** Keeps the daemon's nftables table as the store says. Each call is one transaction. */
export class Firewall {
  readonly #host: Host;
  readonly #names: InstanceNames;
  readonly #table: string;
  readonly #store: NetworkStore;
  readonly #guarded: boolean;

  /** `guarded`: the host's input policy holds for published ports. */
  constructor(host: Host, names: InstanceNames, store: NetworkStore, guarded: boolean) {
    this.#host = host;
    this.#names = names;
    this.#table = names.table;
    this.#store = store;
    this.#guarded = guarded;
  }

  /** Lays the guard and the tables anew, as the store says and with `more`; nothing happens where nftables is missing. */
  lay(more: readonly StoredEndpoint[] = []): void {
    if (this.#host.nftablesFault !== undefined) return;
    const guard = this.#guarded ? layGuard(this.#host, this.#names) : undefined;
    this.#host.nftables.run(tableText(this.#table, this.#everything(more), guard));
  }

  addNetwork(network: NetworkRecord): void {
    this.#repairing(() => this.#host.nftables.run(addText(this.#table, elementsOfNetwork(network))));
  }

  removeNetwork(network: NetworkRecord): void {
    this.#repairing(() => this.#host.nftables.run(deleteText(this.#table, elementsOfNetwork(network))));
  }

  /** Opens the ports of endpoints. Throws Unavailable where ports are asked for and nftables is missing. */
  open(endpoints: readonly StoredEndpoint[]): void {
    const requests = addRequests(this.#table, this.#elementsOf(endpoints));
    if (requests.length === 0) return;
    if (this.#host.nftablesFault !== undefined) throw new Unavailable(this.#host.nftablesFault);
    this.#repairing(() => this.#host.netfilter.run(...requests), endpoints);
    forgetEarlierFlows(this.#host, endpoints);
  }

  close(endpoints: readonly StoredEndpoint[]): void {
    const requests = deleteRequests(this.#table, this.#elementsOf(endpoints));
    if (requests.length === 0) return;
    this.#repairing(() => this.#host.netfilter.run(...requests));
    forgetOwnFlows(this.#host, endpoints);
  }

  /** Removes guard and tables. */
  remove(): void {
    if (this.#host.nftablesFault === undefined) this.#host.nftables.run(removeTableText(this.#table));
    removeGuard(this.#host, this.#names);
  }

  /** A change that cannot be made means that another program changed the tables: they are laid anew, as the store says and with `more`. */
  #repairing(change: () => void, more: readonly StoredEndpoint[] = []): void {
    if (this.#host.nftablesFault !== undefined) return;
    try {
      change();
    } catch {
      this.lay(more);
    }
  }

  #elementsOf(endpoints: readonly StoredEndpoint[]): PortElement[] {
    return endpoints.flatMap((endpoint) => {
      const network = this.#store.network(endpoint.networkId);
      return network ? elementsOfEndpoint(endpoint, network, this.#guarded) : [];
    });
  }

  #everything(more: readonly StoredEndpoint[]): Elements {
    const attached = this.#store.allEndpoints().filter(({ id, interfaceName }) => interfaceName !== undefined && !more.some((other) => other.id === id));
    return joinElements([...this.#store.networks().map(elementsOfNetwork), textOf(this.#elementsOf([...attached, ...more]))]);
  }
}
