/** Lets at most `size()` pieces of work run at once, the rest wait in order; the size may change while they do. */
export class Slots {
  #busy = 0;
  readonly #size: () => number;
  readonly #queue: (() => void)[] = [];

  constructor(size: () => number) {
    this.#size = size;
  }

  /** Runs `work` in a slot; `onWait` is called when none is free at once. */
  async run<T>(work: () => Promise<T>, onWait?: () => void): Promise<T> {
    if (this.#busy >= this.#size()) {
      onWait?.();
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
      while (this.#busy < this.#size() && this.#queue.length > 0) {
        this.#busy++;
        this.#queue.shift()?.();
      }
    }
  }
}
