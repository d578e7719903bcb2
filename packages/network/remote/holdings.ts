/**
 * What plugins keep for this daemon, written down before or as they are asked for it, under the id of the network or
 * endpoint that it is for: whatever becomes of the daemon, it is given back, the last thing first.
 */
import { isKind, messageOf } from '#base';
import type { NetworkStore } from '../store.ts';
import type { DriverLookup } from './drivers.ts';

export type Holding =
  | { readonly kind: 'pool'; readonly driver: string; readonly pool: string }
  | { readonly kind: 'address'; readonly driver: string; readonly pool: string; readonly address: string }
  | { readonly kind: 'network'; readonly driver: string; readonly network: string }
  | { readonly kind: 'endpoint' | 'seat' | 'access'; readonly driver: string; readonly network: string; readonly endpoint: string };

const PREFIX = 'plugin/';

export class Holdings {
  readonly #store: NetworkStore;
  readonly #warn: (message: string) => void;

  constructor(store: NetworkStore, warn: (message: string) => void) {
    this.#store = store;
    this.#warn = warn;
  }

  add(owner: string, holding: Holding): void {
    this.#write(owner, [...this.of(owner), holding]);
  }

  of(owner: string): readonly Holding[] {
    const text = this.#store.value(PREFIX + owner);
    return text === undefined ? [] : (JSON.parse(text) as Holding[]);
  }

  owners(): string[] {
    return this.#store.keysAfter(PREFIX);
  }

  /** Everybody who holds something in a network, itself too. */
  ownersIn(network: string): string[] {
    return this.owners().filter((owner) => owner === network || this.of(owner).some((holding) => 'network' in holding && holding.network === network));
  }

  /**
   * Gives back what an owner holds, or what is of these kinds. A plugin's refusal is told and the end of it; one that
   * cannot be asked is asked again when the network goes, or at the next start. Those in `silent` are not asked; who is
   * not heard joins them.
   */
  async giveBack(owner: string, drivers: DriverLookup, { kinds, silent = new Set() }: { readonly kinds?: readonly Holding['kind'][]; readonly silent?: Set<string> } = {}): Promise<void> {
    for (const holding of this.of(owner).toReversed()) {
      if (silent.has(holding.driver) || (kinds && !kinds.includes(holding.kind))) continue;
      try {
        await release(holding, drivers);
      } catch (error) {
        this.#warn(`plugin ${holding.driver}, giving back ${describe(holding)}: ${messageOf(error)}`);
        if (!isKind(error, 'Internal')) {
          silent.add(holding.driver); // it was not heard: not there, too slow, or given up by a daemon that ends
          continue;
        }
      }
      this.#write(owner, this.of(owner).filter((other) => JSON.stringify(other) !== JSON.stringify(holding)));
    }
  }

  /** What several owners hold: endpoints' before that of networks, which they are in. */
  async giveBackAll(owners: readonly string[], drivers: DriverLookup): Promise<void> {
    const silent = new Set<string>();
    const isNetwork = (owner: string): boolean => this.of(owner).some(({ kind }) => kind === 'network' || kind === 'pool');
    const [endpoints, networks] = [owners.filter((owner) => !isNetwork(owner)), owners.filter(isNetwork)];
    for (const owner of [...endpoints, ...networks]) await this.giveBack(owner, drivers, { silent });
  }

  #write(owner: string, holdings: readonly Holding[]): void {
    this.#store.setValue(PREFIX + owner, holdings.length > 0 ? JSON.stringify(holdings) : undefined);
  }
}

async function release(holding: Holding, drivers: DriverLookup): Promise<void> {
  switch (holding.kind) {
    case 'pool': return (await drivers.ipam(holding.driver)).releasePool(holding.pool);
    case 'address': return (await drivers.ipam(holding.driver)).releaseAddress(holding.pool, holding.address);
    case 'network': return (await drivers.network(holding.driver)).deleteNetwork(holding.network);
    case 'endpoint': return (await drivers.network(holding.driver)).deleteEndpoint(holding.network, holding.endpoint);
    case 'seat': return (await drivers.network(holding.driver)).leave(holding.network, holding.endpoint);
    case 'access': return (await drivers.network(holding.driver)).revokeExternalConnectivity(holding.network, holding.endpoint);
  }
}

function describe(holding: Holding): string {
  if (holding.kind === 'pool') return `pool ${holding.pool}`;
  if (holding.kind === 'address') return `address ${holding.address} of pool ${holding.pool}`;
  return holding.kind === 'network' ? `network ${holding.network}` : `${holding.kind} ${holding.endpoint}`;
}
