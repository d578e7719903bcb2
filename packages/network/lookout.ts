/** What comes in a burst, as when a host reloads its own ruleset, is looked at once. */
const SETTLE_MS = 100;
/** Where another program takes away again what was put back, or that fails again, each look waits twice as long as the one before, up to this; a minute of peace ends it. */
const LONGEST_SETTLE_MS = 10_000;
const PEACE_MS = 60_000;

/** When to look whether something still is as it was laid: soon after a sign of change, and more and more seldom where somebody fights over it. */
export class Lookout implements Disposable {
  readonly #look: () => readonly string[];
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #settleMs = SETTLE_MS;
  /** When each thing was put back last, by the clock of `performance`; of the last minute. */
  readonly #repairs = new Map<string, number>();

  /** `look` tells what it had to put back, the same thing in the same words; what it throws `failed` hears, and it is tried again. */
  constructor(look: () => readonly string[], failed: (error: unknown) => void) {
    this.#look = look;
    this.#failed = failed;
  }

  /** There is a sign of change. */
  soon(): void {
    this.#forgetOld();
    if (this.#repairs.size === 0) this.#settleMs = SETTLE_MS;
    this.#timer ??= setTimeout(() => this.#now(), this.#settleMs).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #now(): void {
    this.#timer = undefined;
    try {
      this.#count(this.#look());
    } catch (error) {
      this.#failed(error);
      this.#count(['']);
      this.soon();
    }
  }

  #count(repaired: readonly string[]): void {
    if (repaired.some((what) => this.#repairs.has(what))) this.#settleMs = Math.min(2 * this.#settleMs, LONGEST_SETTLE_MS);
    for (const what of repaired) this.#repairs.set(what, performance.now());
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [what, at] of this.#repairs) if (now - at > PEACE_MS) this.#repairs.delete(what);
  }
}
