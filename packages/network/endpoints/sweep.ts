import { findLink, removeLink, type Host } from '../kernel.ts';
import { vethNameOf } from '../names.ts';

const DELAY_MS = 1000;

/**
 * Looks after the interfaces of released endpoints. The kernel removes them with their namespace, at its leisure and
 * more cheaply than we could; one that is still there after a second is kept by a process that outlived its container
 * and goes by hand.
 */
export class LinkSweep implements Disposable {
  readonly #host: Host;
  readonly #warn: (message: string) => void;
  readonly #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(host: Host, warn: (message: string) => void) {
    this.#host = host;
    this.#warn = warn;
  }

  /** Looks again in a second. */
  expectGone(endpointIds: Iterable<string>): void {
    for (const id of endpointIds) this.#pending.add(vethNameOf(id));
    this.#timer ??= setTimeout(() => this.#later(), DELAY_MS).unref();
  }

  /** Removes at once whatever is left. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const names = [...this.#pending];
    this.#pending.clear();
    for (const name of names) {
      const link = findLink(this.#host, name);
      if (link) removeLink(this.#host, link);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    try {
      this.now();
    } catch (error) {
      this.#warn(`removing the interface of a container that ended: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
