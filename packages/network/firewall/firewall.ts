import type { Host } from '../kernel.ts';
import type { NetworkRecord } from '../port.ts';
import type { NetworkStore, StoredEndpoint } from '../store.ts';
import { addText, deleteText, elementsOfEndpoint, elementsOfNetwork, joinElements, removeTableText, tableText, type Elements } from './ruleset.ts';

/** Keeps the daemon's nftables table as the store says. Each call is one transaction. */
export class Firewall {
  readonly #host: Host;
  readonly #table: string;
  readonly #store: NetworkStore;

  constructor(host: Host, table: string, store: NetworkStore) {
    this.#host = host;
    this.#table = table;
    this.#store = store;
  }

  /** Lays the whole table anew; nothing happens where nftables is missing. */
  lay(): void {
    if (this.#host.nftablesFault !== undefined) return;
    this.#host.nftables.run(tableText(this.#table, this.#everything()));
  }

  addNetwork(network: NetworkRecord): void {
    this.#change(addText, elementsOfNetwork(network));
  }

  removeNetwork(network: NetworkRecord): void {
    this.#change(deleteText, elementsOfNetwork(network));
  }

  /** Opens the ports of endpoints. Throws Unavailable where ports are asked for and nftables is missing. */
  open(endpoints: readonly StoredEndpoint[]): void {
    const elements = this.#elementsOf(endpoints);
    if (elements.size > 0) this.#host.nftables.run(addText(this.#table, elements));
  }

  /** Closes them; when somebody else has removed elements or the table, lays it anew as the store then says. */
  close(endpoints: readonly StoredEndpoint[]): void {
    this.#change(deleteText, this.#elementsOf(endpoints));
  }

  /** Removes the table. */
  remove(): void {
    if (this.#host.nftablesFault === undefined) this.#host.nftables.run(removeTableText(this.#table));
  }

  #change(text: (table: string, elements: Elements) => string, elements: Elements): void {
    if (elements.size === 0 || this.#host.nftablesFault !== undefined) return;
    try {
      this.#host.nftables.run(text(this.#table, elements));
    } catch {
      // The table is not what the last transaction left: another program flushed it. The store knows what belongs there.
      this.lay();
    }
  }

  #elementsOf(endpoints: readonly StoredEndpoint[]): Elements {
    return joinElements(endpoints.flatMap((endpoint) => {
      const network = this.#store.network(endpoint.networkId);
      return network ? [elementsOfEndpoint(endpoint, network)] : [];
    }));
  }

  #everything(): Elements {
    const attached = this.#store.allEndpoints().filter((endpoint) => endpoint.interfaceName !== undefined);
    return joinElements([...this.#store.networks().map(elementsOfNetwork), this.#elementsOf(attached)]);
  }
}
