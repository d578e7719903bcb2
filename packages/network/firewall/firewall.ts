import { messageOf, Unavailable } from '#base';
import { getGeneration, parseGeneration } from '#kernel';
import type { Host } from '../kernel.ts';
import type { InstanceNames } from '../names.ts';
import { Lookout } from '../lookout.ts';
import type { NetworkRecord } from '../port.ts';
import type { NetworkStore, StoredEndpoint } from '../store.ts';
import { fingerprintOf, sameFingerprint, type Fingerprint } from './fingerprint.ts';
import { forgetEarlierFlows, forgetOwnFlows } from './flows.ts';
import { answerForNeighbours, linkElements } from './links.ts';
import { guardIndexes, layGuard, removeGuard } from './guard.ts';
import { addRequests, deleteRequests, elementsOfEndpoint, portSets, textOf, type PortElement } from './ports.ts';
import { addText, deleteText, elementsOfNetwork, joinElements, networkSets, removeTableText, tableText, type AcceptedMark, type Elements } from './ruleset.ts';

export interface FirewallOptions {
  /** The host's input policy holds for published ports. */
  readonly guarded: boolean;
  /** Published ports are reached at the containers' own addresses too. */
  readonly direct: boolean;
  readonly accepted: AcceptedMark | undefined;
}

/** What a daemon's packet rules do for the rest of the room. */
export type PacketRules = Pick<Firewall, 'lay' | 'watch' | 'addNetwork' | 'removeNetwork' | 'open' | 'close' | 'closeLinks' | 'remove' | typeof Symbol.dispose>;

/**
 * Keeps the daemon's nftables tables as the store says. Each change is one transaction. When the kernel
 * tells that somebody else committed one it looks whether ours are still whole; if not they are laid anew.
 */
export class Firewall implements Disposable {
  readonly #host: Host;
  readonly #names: InstanceNames;
  readonly #table: string;
  readonly #store: NetworkStore;
  #guarded: boolean;
  readonly #direct: boolean;
  readonly #accepted: AcceptedMark | undefined;
  readonly #warn: (message: string) => void;
  readonly #networkOf = (id: string): NetworkRecord | undefined => this.#store.network(id);
  #watch: Disposable | undefined;
  #guardWatch: Disposable | undefined;
  /** The guard's links as they were laid; none without a guard. */
  #guardLinks: readonly number[] = [];
  readonly #lookout: Lookout;
  /** What the tables held, but for ports, after our last change to it; undefined before they are laid. */
  #laid: Fingerprint | undefined;
  /** The ruleset's generation, had nobody but us changed it. */
  #generation = 0;

  constructor(host: Host, names: InstanceNames, store: NetworkStore, { guarded, direct, accepted }: FirewallOptions, warn: (message: string) => void) {
    this.#host = host;
    this.#names = names;
    this.#table = names.table;
    this.#store = store;
    this.#guarded = guarded;
    this.#direct = direct;
    this.#accepted = accepted;
    this.#warn = warn;
    this.#lookout = new Lookout(() => this.#repair(), (error) => warn(`looking after the nftables rules: ${messageOf(error)}`));
  }

  /** Lays the guard and the tables anew, as the store says and with `more`; nothing happens where nftables is missing. */
  lay(more: readonly StoredEndpoint[] = []): void {
    if (this.#host.nftablesFault !== undefined) return;
    if (this.#guarded) this.#layGuarded(more);
    if (!this.#guarded) this.#host.nftables.run(tableText(this.#table, this.#everything(more), undefined, this.#accepted));
    answerForNeighbours(this.#host, this.#with(more), this.#networkOf);
    this.#laid = this.#look(networkSets);
    this.#generation = this.#currentGeneration();
    if (this.#watch) this.#watchGuard();
  }

  /** Starts to look after the tables, and after the guard. */
  watch(): void {
    if (this.#host.nftablesFault !== undefined || this.#watch) return;
    this.#watch = this.#host.watchRuleset((generation) => this.#hear(generation));
    this.#watchGuard();
  }

  addNetwork(network: NetworkRecord): void {
    this.#changeNetworks(addText(this.#table, elementsOfNetwork(network)));
  }

  removeNetwork(network: NetworkRecord): void {
    this.#changeNetworks(deleteText(this.#table, elementsOfNetwork(network)));
  }

  /** Opens the ports of endpoints. Throws Unavailable where ports are asked for and nftables is missing. */
  open(endpoints: readonly StoredEndpoint[]): void {
    const requests = addRequests(this.#table, this.#elementsOf(endpoints));
    if (requests.length === 0) return;
    if (this.#host.nftablesFault !== undefined) throw new Unavailable(this.#host.nftablesFault);
    answerForNeighbours(this.#host, this.#linkedWith(endpoints), this.#networkOf);
    this.#repairing(() => this.#host.netfilter.run(...requests), endpoints);
    forgetEarlierFlows(this.#host, endpoints);
  }

  /** Closes them; the store has forgotten them already. */
  close(endpoints: readonly StoredEndpoint[]): void {
    const requests = deleteRequests(this.#table, this.#elementsOf(endpoints));
    if (requests.length === 0) return;
    this.#repairing(() => this.#host.netfilter.run(...requests));
    forgetOwnFlows(this.#host, endpoints);
  }

  /** Closes what an endpoint alone reaches by links; the store has forgotten these already. */
  closeLinks(endpoint: StoredEndpoint): void {
    const others = this.#attached().filter(({ id }) => id !== endpoint.id).map((other) => ({ ...other, reaches: [] }));
    const requests = deleteRequests(this.#table, linkElements([endpoint], [...others, endpoint], this.#networkOf));
    if (requests.length === 0) return;
    this.#repairing(() => this.#host.netfilter.run(...requests));
  }

  /** Removes guard and tables. */
  remove(): void {
    this[Symbol.dispose]();
    if (this.#host.nftablesFault === undefined) this.#host.nftables.run(removeTableText(this.#table));
    removeGuard(this.#host, this.#names);
  }

  /** Looks after the tables no more. */
  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#guardWatch?.[Symbol.dispose]();
    this.#guardWatch = undefined;
    this.#lookout[Symbol.dispose]();
  }

  /** The links of now: those that are laid anew have other indexes. What was done to them before anybody watched is looked for. */
  #watchGuard(): void {
    this.#guardWatch?.[Symbol.dispose]();
    this.#guardWatch = undefined; // there may be none after it: its descriptor is closed once
    if (this.#guardLinks.length === 0) return;
    this.#guardWatch = this.#host.watchLinks(this.#guardLinks, () => this.#lookout.soon());
    if (!this.#guardStands()) this.#lookout.soon();
  }

  /**
   * A kernel without the copying statement cannot have the guard; then ports are published as Docker publishes them, and the log says so.
   * Where it stood once what fails is thrown: another program that removes it must not have that policy passed over for good.
   */
  #layGuarded(more: readonly StoredEndpoint[]): void {
    try {
      const guard = layGuard(this.#host, this.#names);
      this.#host.nftables.run(tableText(this.#table, this.#everything(more), guard, this.#accepted));
      this.#guardLinks = guard.indexes;
    } catch (error) {
      if (this.#laid) throw error;
      this.#warn(`the input policy of this host cannot guard published ports: ${messageOf(error)}`);
      this.#guarded = false;
      removeGuard(this.#host, this.#names);
    }
  }

  /** Before the tables are laid there is nothing to change: laying takes everything from the store. */
  #changeNetworks(commands: string): void {
    if (!this.#laid || commands === '') return;
    this.#repairing(() => this.#host.nftables.run(commands));
    this.#laid = this.#look(networkSets);
  }

  /** A change that cannot be made means that another program changed the tables: they are laid anew, as the store says and with `more`. */
  #repairing(change: () => void, more: readonly StoredEndpoint[] = []): void {
    if (this.#host.nftablesFault !== undefined) return;
    try {
      change();
      this.#generation++;
    } catch {
      this.lay(more);
    }
  }

  /** Our own transactions are counted as they are made. */
  #hear(generation: number | undefined): void {
    if (generation !== this.#generation) this.#lookout.soon();
  }

  /** Lays everything anew where it is not whole, and tells what was not. */
  #repair(): string[] {
    const generation = this.#currentGeneration();
    const hasGuard = this.#guardStands();
    if (generation === this.#generation && hasGuard) return [];
    if (hasGuard && this.#isWhole()) {
      this.#generation = generation;
      return [];
    }
    this.lay();
    const what = hasGuard ? 'nftables rules of this daemon' : 'links by which published ports are guarded';
    this.#warn(`another program changed the ${what}: laid anew`);
    return [what];
  }

  #guardStands(): boolean {
    return this.#guardLinks.length === 0 || guardIndexes(this.#host, this.#names).join() === this.#guardLinks.join();
  }

  #isWhole(): boolean {
    const sets = portSets(this.#guarded);
    const wanted = textOf(this.#elementsOf(this.#attached()));
    const { counts } = fingerprintOf(this.#host.netfilter, this.#table, [], sets);
    return this.#laid !== undefined && sameFingerprint(this.#laid, this.#look(networkSets)) && sets.every((set) => counts.get(set) === (wanted.get(set)?.length ?? 0));
  }

  #look(sets: readonly string[]): Fingerprint {
    return fingerprintOf(this.#host.netfilter, this.#table, this.#guarded ? ['inet', 'ip', 'ip6'] : ['inet'], sets);
  }

  #currentGeneration(): number {
    const [answer] = this.#host.netfilter.query(getGeneration());
    return (answer && parseGeneration(answer)) ?? 0;
  }

  #attached(): StoredEndpoint[] {
    return this.#store.allEndpoints().filter(({ interfaceName }) => interfaceName !== undefined);
  }

  /** Their ports, and the links that have one of them at an end. */
  #elementsOf(endpoints: readonly StoredEndpoint[]): PortElement[] {
    const ports = endpoints.flatMap((endpoint) => {
      const network = this.#networkOf(endpoint.networkId);
      return network ? elementsOfEndpoint(endpoint, network, { guarded: this.#guarded, direct: this.#direct }) : [];
    });
    return [...ports, ...linkElements(endpoints, this.#with(endpoints), this.#networkOf)];
  }

  /** They, and those whose links have one of them for a target: its neighbour may have been there first. */
  #linkedWith(endpoints: readonly StoredEndpoint[]): StoredEndpoint[] {
    const ids = new Set(endpoints.map(({ containerId }) => containerId));
    return [...endpoints, ...this.#attached().filter(({ reaches }) => reaches?.some(({ containerId }) => ids.has(containerId)))];
  }

  /** What is attached, with `more` that the store does not show so yet, or no more. */
  #with(more: readonly StoredEndpoint[]): StoredEndpoint[] {
    return [...this.#attached().filter(({ id }) => !more.some((other) => other.id === id)), ...more];
  }

  #everything(more: readonly StoredEndpoint[]): Elements {
    return joinElements([...this.#store.networks().map(elementsOfNetwork), textOf(this.#elementsOf(this.#with(more)))]);
  }
}
