import { close } from '../files/index.ts';

/** How many directories stay open: neighbours in an archive share theirs. */
const most = 64;

/** Open directory descriptors by path, the least recently used closed first. */
export class Descriptors implements Disposable {
  readonly #open = new Map<string, number>();

  get(path: string): number | undefined {
    const fd = this.#open.get(path);
    if (fd === undefined) return undefined;
    this.#open.delete(path);
    this.#open.set(path, fd);
    return fd;
  }

  /** Keeps `fd` for `path` and returns it. */
  keep(path: string, fd: number): number {
    this.#open.set(path, fd);
    if (this.#open.size > most) {
      const [oldest, stale] = this.#open.entries().next().value as [string, number];
      this.#open.delete(oldest);
      close(stale);
    }
    return fd;
  }

  /** Closes everything: a directory may have been replaced. */
  clear(): void {
    for (const fd of this.#open.values()) close(fd);
    this.#open.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
