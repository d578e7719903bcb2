/**
 * Counters that are read again every second stay open meanwhile: finding such a file costs five times what reading it
 * does. The kernel writes it as it is read, so one read from its start gives all of it.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Milliseconds without a read after which they are closed. */
const IDLE = 3000;
/** So many stay open in all; whatever is read beyond that is closed at once. */
const MOST = 4096;

let open = 0;
/** Longer than any of them. Shared: a read is over before the next one begins. */
const buffer = Buffer.allocUnsafe(64 << 10);

export class OpenFiles implements Disposable {
  readonly #descriptors = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** The text of a file of cgroupfs, up to 64 KiB. Throws as open(2) and read(2) do. */
  read(path: string): string {
    const fd = this.#descriptors.get(path) ?? openSync(path, 'r');
    try {
      const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
      this.#keep(path, fd);
      return text;
    } catch (error) {
      this.#close(path, fd);
      throw error;
    }
  }

  /** Closes them. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [path, fd] of this.#descriptors) this.#close(path, fd);
  }

  #keep(path: string, fd: number): void {
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this[Symbol.dispose](), IDLE).unref();
    if (this.#descriptors.has(path)) return;
    if (open >= MOST) return closeSync(fd);
    open++;
    this.#descriptors.set(path, fd);
  }

  #close(path: string, fd: number): void {
    if (this.#descriptors.delete(path)) open--;
    closeSync(fd);
  }
}
