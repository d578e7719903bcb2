import type { Digest } from '#base';

/**
 * Which layers must stay although no image has them yet: those of a transfer under way, and those committed for an
 * image that is about to be registered. In memory only: after a restart nothing is under way.
 */
export class LayerHolds {
  readonly #counts = new Map<Digest, number>();
  readonly #pending = new Set<Digest>();

  has(chain: Digest): boolean {
    return this.#counts.has(chain) || this.#pending.has(chain);
  }

  /** Holds layers until `release` is called as often. */
  hold(chains: readonly Digest[]): void {
    for (const chain of chains) this.#counts.set(chain, (this.#counts.get(chain) ?? 0) + 1);
  }

  release(chains: readonly Digest[]): void {
    for (const chain of chains) {
      const left = (this.#counts.get(chain) ?? 1) - 1;
      if (left > 0) this.#counts.set(chain, left);
      else this.#counts.delete(chain);
    }
  }

  /** Holds a committed layer until an image of it is registered. */
  pend(chain: Digest): void {
    this.#pending.add(chain);
  }

  settle(chains: readonly Digest[]): void {
    for (const chain of chains) this.#pending.delete(chain);
  }
}
