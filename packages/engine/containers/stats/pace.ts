/** Milliseconds between two moments at which something may begin. */
const grid = 100;
/** Woken in one go: others have their turn between two such. */
const together = 8;

/**
 * Has many do something at the same interval. Who comes within the same tenth of a second is woken together, so that
 * a hundred wake the process ten times a second, not a hundred times; the tenths keep them from coming all at once.
 */
export class Pace {
  readonly #interval: number;
  /** Who waits, by the tenth of a second that is theirs: the earliest first, since time goes on. */
  readonly #waiting = new Map<number, (() => void)[]>();
  #timer: NodeJS.Timeout | undefined;

  /** `interval` in milliseconds, a multiple of 100. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** Resolves at the end of an interval: the first is short by up to a tenth of a second, those that follow at once are whole. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const at = Math.floor((performance.now() + this.#interval) / grid);
    const others = this.#waiting.get(at);
    if (others) others.push(resolve);
    else this.#waiting.set(at, [resolve]);
    this.#wind();
    return promise;
  }

  #wind(): void {
    const [first] = this.#waiting.keys();
    if (first === undefined || this.#timer) return;
    this.#timer = setTimeout(() => this.#ring(), Math.max(1, Math.ceil(first * grid - performance.now())));
  }

  #ring(): void {
    const [first] = this.#waiting;
    if (first && first[0] * grid <= performance.now()) {
      const [at, all] = first;
      for (const resolve of all.splice(0, together)) resolve();
      if (all.length === 0) this.#waiting.delete(at);
      setImmediate(() => this.#ring());
      return;
    }
    this.#timer = undefined;
    this.#wind();
  }
}
