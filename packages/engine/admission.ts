/**
 * Who is inside. Every request passes here, so that a daemon that ends, or hands over to another, knows what is under
 * way: *work*, which must end first (a create, a pull, a list), and *streams*, which may go on beside a new daemon (an
 * attachment, a log that is followed, a wait).
 *
 *   open ─ hold ─▶ held ─ admit ─▶ open         held requests wait, none is refused
 *                    └── retire ─▶ retired      they are carried to the new daemon
 */
import type { Match } from './server-match.ts';

/** Endpoints whose answers go on for as long as the client likes. They are streams from their first byte on; before it they are work. */
const endless = new Set([
  'POST /containers/{id}/attach',
  'GET /containers/{id}/attach/ws',
  'GET /containers/{id}/logs',
  'GET /containers/{id}/stats',
  'POST /containers/{id}/wait',
  'POST /exec/{id}/start',
  'GET /events',
]);

/** A request's presence; disposing ends it. */
export interface Presence extends Disposable {
  /** What it asked for, for the log. */
  readonly name: string;
  /** As performance.now() tells it. */
  readonly since: number;
  /** The answer's first bytes have gone. */
  begin(): void;
}

/** A class, since one is made for each request. */
class Stay implements Presence {
  readonly name: string;
  readonly since = performance.now();
  readonly #begun: (presence: Presence) => void;
  readonly #left: (presence: Presence) => void;

  constructor(name: string, begun: (presence: Presence) => void, left: (presence: Presence) => void) {
    this.name = name;
    this.#begun = begun;
    this.#left = left;
  }

  begin(): void {
    this.#begun(this);
  }

  [Symbol.dispose](): void {
    this.#left(this);
  }
}

export class Admission {
  #state: 'open' | 'held' | 'retired' = 'open';
  readonly #work = new Set<Presence>();
  readonly #streams = new Set<Presence>();
  #released = Promise.withResolvers<void>();
  #idle: PromiseWithResolvers<void> | undefined;
  #streamsOver: PromiseWithResolvers<void> | undefined;
  readonly #rests: { readonly begin: () => NodeJS.Timeout; timer: NodeJS.Timeout }[] = [];

  readonly #begun = (presence: Presence): void => {
    if (!endless.has(presence.name) || !this.#work.delete(presence)) return;
    this.#streams.add(presence);
    this.#tell();
  };

  readonly #left = (presence: Presence): void => {
    this.#work.delete(presence);
    this.#streams.delete(presence);
    this.#tell();
  };

  /** False when the request is the new daemon's to answer. Waits while requests are held. */
  get mayEnter(): boolean | Promise<boolean> {
    if (this.#state === 'held') return this.#released.promise.then(() => this.mayEnter);
    return this.#state === 'open';
  }

  /** Lets a request in, which `mayEnter` allowed in the same turn. */
  enter({ name }: Pick<Match, 'name'>): Presence {
    const presence = new Stay(name, this.#begun, this.#left);
    this.#work.add(presence);
    return presence;
  }

  /** Milliseconds that the oldest work has been under way; 0 without any. */
  get oldest(): number {
    const [first] = this.#work;
    return first ? performance.now() - first.since : 0;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Requests from now on wait. */
  hold(): void {
    if (this.#state === 'open') this.#state = 'held';
  }

  /** They go on here. */
  admit(): void {
    if (this.#state === 'held') this.#release('open');
  }

  /** They, and all that follow, go on at the new daemon. */
  retire(): void {
    this.#release('retired');
  }

  /** Resolves when no work is under way, streams aside; false after `milliseconds`. */
  async idle(milliseconds: number): Promise<boolean> {
    if (this.#work.size === 0) return true;
    this.#idle ??= Promise.withResolvers();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), milliseconds)));
    return Promise.race([this.#idle.promise.then(() => true), late]).finally(() => clearTimeout(timer));
  }

  /** Resolves when the last stream has ended. */
  async streamsOver(): Promise<void> {
    if (this.#streams.size === 0) return;
    this.#streamsOver ??= Promise.withResolvers();
    await this.#streamsOver.promise;
  }

  /** Calls `then` each time that no work has been under way for `milliseconds`, streams aside. Keeps no process alive. */
  atRest(milliseconds: number, then: () => void): void {
    const begin = () => setTimeout(() => this.#work.size === 0 && then(), milliseconds).unref();
    this.#rests.push({ begin, timer: begin() });
  }

  #release(state: 'open' | 'retired'): void {
    this.#state = state;
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }

  #tell(): void {
    if (this.#work.size === 0) {
      this.#restAnew();
      this.#idle?.resolve();
      this.#idle = undefined;
    }
    if (this.#streams.size > 0) return;
    this.#streamsOver?.resolve();
    this.#streamsOver = undefined;
  }

  #restAnew(): void {
    for (const rest of this.#rests) {
      clearTimeout(rest.timer);
      rest.timer = rest.begin();
    }
  }
}
