import { messageOf } from '#base';
import { removeLink, removeLinkLater, type Host } from '../kernel.ts';
import { vethNameOf } from '../names.ts';

const DELAY_MS = 1000;
/** /proc shows links by the page, and one may be passed over where others go meanwhile: what is not seen is looked for again. */
const LOOKS = 2;

/**
 * Looks after the interfaces of released endpoints. The kernel removes them with their namespace, at its leisure and
 * more cheaply than we could; one that is still there after a second is kept by a process that outlived its container
 * and goes by hand.
 */
export class LinkSweep implements Disposable {
  readonly #host: Host;
  readonly #warn: (message: string) => void;
  /** How often each is to be looked for yet. */
  readonly #pending = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(host: Host, warn: (message: string) => void) {
    this.#host = host;
    this.#warn = warn;
  }

  /** Looks again in a second. */
  expectGone(endpointIds: Iterable<string>): void {
    for (const id of endpointIds) this.#pending.set(vethNameOf(id), LOOKS);
    this.#again();
  }

  /** Removes at once whatever is left. */
  now(): void {
    for (const name of this.#left()) removeLink(this.#host, { name });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #again(): void {
    this.#timer ??= setTimeout(() => void this.#later(), DELAY_MS).unref();
  }

  /** In a thread: the kernel takes its time to remove a link (37 ms were measured while others came and went). */
  async #later(): Promise<void> {
    try {
      const left = this.#left();
      if (this.#pending.size > 0) this.#again();
      await Promise.all(left.map((name) => removeLinkLater(this.#host, name)));
    } catch (error) {
      this.#warn(`removing the interface of a container that ended: ${messageOf(error)}`);
    }
  }

  /** What is still there of all that was expected to go. */
  #left(): string[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size === 0) return [];
    const there = this.#host.linkNames();
    return [...this.#pending].flatMap(([name, looks]) => {
      if (there.has(name) || looks === 1) this.#pending.delete(name);
      else this.#pending.set(name, looks - 1);
      return there.has(name) ? [name] : [];
    });
  }
}
