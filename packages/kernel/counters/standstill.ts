/** Milliseconds for which what stands still is believed without a look. */
const believed = 5000;

/**
 * Says when counters that are dear to read need not be read: they are moved by the same events as a few cheap ones,
 * and those have stood still. The kernel counts the one before the other, so that a standstill is believed only
 * after everything was read in it once, and no longer than five seconds, for what moves without any event of these.
 */
export class Standstill {
  #cheap: readonly number[] = [];
  #stood = false;
  #looked = -Infinity;

  /** Given the cheap counters as they are now: whether the others are as they were; false asks the caller to read them now. */
  holds(cheap: readonly number[]): boolean {
    const same = cheap.length > 0 && cheap.length === this.#cheap.length && cheap.every((value, index) => value === this.#cheap[index]);
    if (same && this.#stood && performance.now() - this.#looked < believed) return true;
    this.#cheap = cheap;
    this.#stood = same;
    this.#looked = performance.now();
    return false;
  }

  /** Everything is to be read the next time: it was changed on purpose. */
  end(): void {
    this.#looked = -Infinity;
  }
}
