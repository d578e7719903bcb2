/**
 * How many of a thing that takes long to make are kept ready, and when they are made: behind others' work, never amid it. A crowd
 * that found too few finds as many as it was the next time; some minutes after the last crowd there are as few as before.
 */

/** Milliseconds without work until one of the few that are always kept is made: it is to be in nobody's way. */
const PAUSE = 10;
/** The same for the many of a crowd. */
const REST = 500;
/** Pauses amid work that takes long, until one is made all the same. */
const PATIENCE = 10;
/** Milliseconds between two takers of one crowd, at most, where nobody is served in between. */
const GAP = 100;
/** Milliseconds after a crowd in which another is reckoned with. */
const LULL = 180_000;
/** Milliseconds between two looks at whether so many may be kept. */
const REVIEW = 30_000;

export interface StockSize {
  /** Always kept. */
  readonly least: number;
  /** After a crowd. */
  readonly most: number;
}

/** What is kept, and for whom. */
export interface StockKeeper<T> {
  make(): Promise<T>;
  /** Does not throw. */
  discard(item: T): Promise<void>;
  isUsable(item: T): boolean;
  /** Takers that are being served at this moment, who asks among them. */
  underWay(): number;
  /** Whether the machine has room for more than the least. What it throws is told to `failed`, and is a no. */
  hasRoom(): boolean;
  /** One could not be made, or it is not known whether there is room: there are fewer. */
  failed(error: unknown): void;
}

export class Stock<T> implements AsyncDisposable {
  readonly #keeper: StockKeeper<T>;
  readonly #now: () => number;
  #size: StockSize;
  #wanted: number;
  readonly #ready: T[] = [];
  /** How many are being made. */
  #making = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;
  #review: NodeJS.Timeout | undefined;
  /** Takers of the crowd that is, or was last; when it last was one, and when one was large enough to keep so many for. */
  #crowd = 0;
  #crowdedAt = -Infinity;
  #worthAt = -Infinity;
  readonly #work = new Set<Promise<void>>();

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(keeper: StockKeeper<T>, size: StockSize, now = () => performance.now()) {
    this.#keeper = keeper;
    this.#now = now;
    this.#size = size;
    this.#wanted = size.least;
  }

  /** Others have work: what is to be made can wait until they had their pause. */
  busy(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pauses = 0;
    this.#refillLater(this.#ready.length < this.#size.least ? PAUSE : REST);
  }

  /** The oldest that can be used; undefined when none is at hand. */
  take(): T | undefined {
    this.#count();
    let item = this.#ready.shift();
    for (; item !== undefined && !this.#keeper.isUsable(item); item = this.#ready.shift()) this.#track(this.#keeper.discard(item));
    this.busy();
    return item;
  }

  /** Who comes while others are being served makes a crowd with them; who comes alone, however soon after another, finds one made anew. */
  #count(): void {
    const now = this.#now();
    const alone = this.#keeper.underWay() <= 1;
    if (alone && now - this.#crowdedAt > GAP) this.#crowd = 0;
    if (!alone) this.#crowdedAt = now;
    this.#crowd++;
    this.#wanted = Math.max(this.#wanted, Math.min(this.#crowd, this.#size.most));
    if (this.#crowd * 2 >= this.#wanted) this.#worthAt = now;
    if (this.#wanted > this.#size.least) this.#review ??= setInterval(() => this.#look(), REVIEW).unref();
  }

  #look(): void {
    if (this.#now() - this.#worthAt > LULL || !this.#hasRoom()) this.#fallBack();
  }

  /** A keeper that cannot tell has none: what he looks at could be out of reach for the want that he looks for. */
  #hasRoom(): boolean {
    try {
      return this.#keeper.hasRoom();
    } catch (error) {
      this.#keeper.failed(error);
      return false;
    }
  }

  #fallBack(): void {
    clearInterval(this.#review);
    this.#review = undefined;
    this.#wanted = Math.min(this.#wanted, this.#size.least);
    this.#track(this.#letGo());
  }

  /** One after another: nobody waits for their room. */
  async #letGo(): Promise<void> {
    while (this.#ready.length > this.#wanted) {
      const item = this.#ready.pop();
      if (item !== undefined) await this.#keeper.discard(item);
    }
  }

  /** What is being made counts: on a slow machine others' work and its pauses come and go meanwhile. */
  get #lacking(): boolean {
    return this.#ready.length + this.#making < this.#wanted;
  }

  #refillLater(pause: number): void {
    if (this.#lacking) this.#timer = setTimeout(() => this.#track(this.#refill()), pause).unref();
  }

  /** Several may be under way: takers come and go while one is made. */
  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #refill(): Promise<void> {
    this.#timer = undefined;
    if (this.#keeper.underWay() > 0 && this.#pauses++ < PATIENCE) return this.#refillLater(PAUSE);
    if (!this.#lacking) return;
    if (this.#ready.length >= this.#size.least && !this.#hasRoom()) return this.#fallBack();
    this.#making++;
    try {
      this.#ready.push(await this.#keeper.make());
    } catch (error) {
      this.#keeper.failed(error);
      return this.#fallBack(); // others need what there was not enough of
    } finally {
      this.#making--;
    }
    if (this.#ready.length > this.#wanted) return this.#letGo(); // there are to be fewer since it was begun
    if (!this.#timer) this.#refillLater(this.#ready.length === this.#size.least ? REST : PAUSE);
  }

  /** Makes no more and lets all go, together: a successor may be waiting. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#review);
    this.#size = { least: 0, most: 0 };
    this.#wanted = 0;
    await Promise.all(this.#ready.splice(0).map((item) => this.#keeper.discard(item)));
    while (this.#work.size > 0) await Promise.all(this.#work); // what is being made goes as it is there
  }
}
