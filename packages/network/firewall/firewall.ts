import type { Host } from '../kernel.ts';
import type { InstanceNames } from '../names.ts';
import type { NetworkRecord } from '../port.ts';
import type { NetworkStore, StoredEndpoint } from '../store.ts';
import { layGuard, removeGuard } from './guard.ts';
import { addText, deleteText, elementsOfEndpoint, elementsOfNetwork, joinElements, removeTableText, tableText, type Elements } from './ruleset.ts';

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

  /** Lays the guard and the tables anew; nothing happens where nftables is missing. */
  lay(): void {
    if (this.#host.nftablesFault !== undefined) return;
    const guard = this.#guarded ? layGuard(this.#host, this.#names) : undefined;
    this.#host.nftables.run(tableText(this.#table, this.#everything(), guard));
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

  /** Removes guard and tables. */
  remove(): void {
    if (this.#host.nftablesFault === undefined) this.#host.nftables.run(removeTableText(this.#table));
    removeGuard(this.#host, this.#names);
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
      return network ? [elementsOfEndpoint(endpoint, network, this.#guarded)] : [];
    }));
  }

  #everything(): Elements {
    const attached = this.#store.allEndpoints().filter((endpoint) => endpoint.interfaceName !== undefined);
    return joinElements([...this.#store.networks().map(elementsOfNetwork), this.#elementsOf(attached)]);
  }
}
