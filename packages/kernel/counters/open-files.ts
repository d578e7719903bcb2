/**
 * Counters that are read again every second stay open meanwhile: finding such a file costs five times what reading it
 * does. The kernel writes it as it is read, so one read from its start gives all of it. What it says is parsed again
 * only when it is something new: most counters of most containers stand still.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Milliseconds after which they are closed, unless told to stay. */
const IDLE = 3000;
/** So many stay open in all; whatever is read beyond that is closed at once. */
const MOST = 4096;

let open = 0;
/** Longer than any of them. Shared: a read is over before the next one begins. */
const buffer = Buffer.allocUnsafe(64 << 10);

interface OpenFile {
  readonly fd: number;
  /** What it said last, and what that was parsed to. */
  last: Buffer | undefined;
  value: unknown;
}

export class OpenFiles implements Disposable {
  /** By directory, by name: strings that are there already, where a path would have to be put together each time. */
  readonly #files = new Map<string, Map<string, OpenFile>>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * What `parse`, the same for a file each time, makes of the text of a file of cgroupfs or sysfs, up to 64 KiB; the very same
   * value for the same text. Below /proc/sys the kernel clears as many bytes as it is asked for: `most` tells how long it can be.
   * Throws as open(2) and read(2) do.
   */
  parsed<T>(directory: string, name: string, parse: (text: string) => T, most = buffer.length): T {
    const kept = this.#files.get(directory)?.get(name);
    const file = kept ?? { fd: openSync(`${directory}/${name}`, 'r'), last: undefined, value: undefined };
    try {
      const length = readSync(file.fd, buffer, 0, most, 0);
      if (!saysTheSame(file, length)) {
        file.value = parse(buffer.toString('latin1', 0, length));
        file.last = Buffer.from(buffer.subarray(0, length));
      }
    } catch (error) {
      this.#files.get(directory)?.delete(name);
      if (kept) open--;
      closeSync(file.fd);
      throw error;
    }
    if (!kept) this.#keep(directory, name, file);
    return file.value as T;
  }

  /** They stay open for another while. */
  stay(): void {
    this.#timer?.refresh();
  }

  /** Closes them. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const files of this.#files.values()) {
      for (const { fd } of files.values()) closeSync(fd);
      open -= files.size;
    }
    this.#files.clear();
  }

  #keep(directory: string, name: string, file: OpenFile): void {
    this.#timer ??= setTimeout(() => this[Symbol.dispose](), IDLE).unref();
    if (open >= MOST) return closeSync(file.fd);
    open++;
    const files = this.#files.get(directory);
    if (files) files.set(name, file);
    else this.#files.set(directory, new Map([[name, file]]));
  }
}

function saysTheSame({ last }: OpenFile, length: number): boolean {
  return last !== undefined && last.length === length && last.compare(buffer, 0, length) === 0;
}
