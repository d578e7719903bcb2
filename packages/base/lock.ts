/**
 * Serialises work by key: at most one piece of work holds a key, the rest wait in order. One per thing that has a
 * life cycle (a container id, a snapshot key), so that a stuck one never blocks another.
 */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when nobody holds any key. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }

  /** Runs `work` once every earlier holder of `key` is done, whether they failed or not. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const earlier = this.#tails.get(key);
    const { promise: tail, resolve: release } = Promise.withResolvers<void>();
    this.#tails.set(key, tail);
    if (earlier) await earlier;
    try {
      return await work();
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
      release();
    }
  }
}
