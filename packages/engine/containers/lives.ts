/**
 * What the engine knows of containers only while it lives: who waits for them, which one is about to start again, which
 * one a person is restarting or removing just now, how healthy each is.
 */
import { KeyedLock } from '#base';
import type { HealthState } from './health-state.ts';
import { waitsForPlugin } from './plugin-volumes.ts';
import type { ContainerRecord } from './record.ts';

export interface WaitResult {
  readonly StatusCode: number;
  /** Why the container could not be removed, for waiters of its removal; or not be started, for one who asks later. */
  readonly Error?: { readonly Message: string };
}

export interface Life {
  /** What somebody waits for just now. */
  readonly awaited: Set<'ended' | 'removed'>;
  /** Settles when a run has ended. Made anew each time. */
  ended: PromiseWithResolvers<WaitResult>;
  readonly removed: PromiseWithResolvers<WaitResult>;
  /** Set while a restart by policy is due. */
  restart: { timer: NodeJS.Timeout | undefined; delay: number } | undefined;
  /** How many restarts by a person (`docker restart`) are under way: no policy acts on the end of the run. */
  restartsByHand: number;
  removing: boolean;
  /** Stops under way: each is told ahead of the end that it brings. */
  readonly stops: Set<() => void>;
  health: { readonly state: HealthState; stop(): void; end(): void } | undefined;
  /** What the container's policy does when it has become unhealthy. */
  onUnhealthy: (() => void) | undefined;
}

/** Milliseconds for which the exit code of a `--rm` container is known after it has gone. */
const afterlife = 10_000;

export class Lives {
  /** By container: each start brings volumes, and takes them back when it fails. */
  readonly starts = new KeyedLock();
  readonly #lives = new Map<string, Life>();
  readonly #departed = new Map<string, number>();
  readonly #background = new Set<Promise<void>>();
  readonly #plugins = new Set<Promise<void>>();
  #restartsRest = false;

  of(id: string): Life {
    let life = this.#lives.get(id);
    if (!life) this.#lives.set(id, (life = newLife()));
    return life;
  }

  /** The container is gone: its waiters are answered, its timers end. */
  end(id: string, exitCode: number): void {
    const life = this.#lives.get(id);
    if (!life) return;
    this.#lives.delete(id);
    clearTimeout(life.restart?.timer);
    life.health?.stop();
    life.ended.resolve({ StatusCode: exitCode });
    life.removed.resolve({ StatusCode: exitCode });
  }

  /** A container that goes by itself at its end: a client that starts it and only then waits may come too late. */
  remember(id: string, exitCode: number): void {
    this.#departed.set(id, exitCode);
    setTimeout(() => this.#departed.delete(id), afterlife).unref();
  }

  /** The exit code of one that went a moment ago. */
  departed(id: string): number | undefined {
    return this.#departed.get(id);
  }

  /** What is done for a container though nobody asked: a restart by policy, the removal of a `--rm` one. */
  track(record: Pick<ContainerRecord, 'mounts'>, work: Promise<void>): void {
    keep(waitsForPlugin(record) ? this.#plugins : this.#background, work);
  }

  /** The same where it stands behind a plugin, which may take minutes to answer. */
  trackPlugin(work: Promise<void>): void {
    keep(this.#plugins, work);
  }

  /** Resolves when nothing of that is under way, but for what waits for plugins. */
  async settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Resolves when nothing of that is under way. */
  async quiet(): Promise<void> {
    while (this.#background.size + this.#plugins.size > 0) await Promise.all([...this.#background, ...this.#plugins]);
  }

  /** From now on no policy starts a container again, neither one that ends nor one whose restart was due; those stay `restarting`. */
  restRestarts(): void {
    this.#restartsRest = true;
    for (const life of this.#lives.values()) {
      clearTimeout(life.restart?.timer);
      life.restart = undefined;
    }
  }

  /** Policies hold again. */
  resumeRestarts(): void {
    this.#restartsRest = false;
  }

  get restartsRest(): boolean {
    return this.#restartsRest;
  }

  /** Whether a restart by policy is due or under way. */
  restartsSoon(id: string): boolean {
    return this.#lives.get(id)?.restart !== undefined;
  }

  /** Every container that somebody knows something passing of. */
  entries(): [id: string, life: Life][] {
    return [...this.#lives];
  }

  /** Ends every timer; the containers go on without this daemon. */
  [Symbol.dispose](): void {
    for (const life of this.#lives.values()) {
      clearTimeout(life.restart?.timer);
      life.health?.stop();
    }
  }
}

function newLife(): Life {
  return {
    awaited: new Set(),
    ended: Promise.withResolvers(),
    removed: Promise.withResolvers(),
    restart: undefined,
    restartsByHand: 0,
    removing: false,
    stops: new Set(),
    health: undefined,
    onUnhealthy: undefined,
  };
}

/** Stops by `stop`; `tell` is called once, ahead of the end's own events, or when nothing was left to end. Not when it throws. */
export async function stopAndTell(life: Life, tell: () => void, stop: () => Promise<void>): Promise<void> {
  life.stops.add(tell);
  try {
    await stop();
    if (life.stops.has(tell)) tell();
  } finally {
    life.stops.delete(tell);
  }
}

/** The run is ending: who stopped it is told, as by dockerd, before its `die`. */
export function tellStops(life: Life): void {
  for (const tell of life.stops) tell();
  life.stops.clear();
}

/** The run has ended for good. */
export function settleLife(life: Life, exitCode: number): void {
  life.restart = undefined;
  tellEnd(life, exitCode);
}

/** Who waits for the end of a run is told, though another may follow. */
export function tellEnd(life: Life, exitCode: number): void {
  const { resolve } = life.ended;
  life.ended = Promise.withResolvers();
  life.awaited.delete('ended');
  resolve({ StatusCode: exitCode });
}

function keep(bag: Set<Promise<void>>, work: Promise<void>): void {
  const tracked = work.finally(() => bag.delete(tracked));
  bag.add(tracked);
}
