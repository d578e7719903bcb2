import { messageOf } from '#base';
import { removeLink, removeLinkLater, type Host } from '../kernel.ts';
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
    this.#timer ??= setTimeout(() => void this.#later(), DELAY_MS).unref();
  }

  /** Removes at once whatever is left. */
  now(): void {
    for (const name of this.#left()) removeLink(this.#host, { name });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** In a thread: the kernel takes its time to remove a link (37 ms were measured while others came and went). */
  async #later(): Promise<void> {
    try {
      await Promise.all(this.#left().map((name) => removeLinkLater(this.#host, name)));
    } catch (error) {
      this.#warn(`removing the interface of a container that ended: ${messageOf(error)}`);
    }
  }

  /** What is still there of all that was expected to go; nothing is expected any more. */
  #left(): string[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const expected = [...this.#pending];
    this.#pending.clear();
    if (expected.length === 0) return [];
    const there = this.#host.linkNames();
    return expected.filter((name) => there.has(name));
  }
}
