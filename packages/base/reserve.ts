/**
 * Room on a disk that is kept for the day when it is full: a file of zeros, removed so that what must be written then (the end
 * of a container, its removal) can be.
 */
import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes. */
const size = 2 << 20;
/** Free room, in reserves, that there has to be for one to be made. */
const plenty = 8;
/** Milliseconds between two looks whether there is room again. */
const pause = 10_000;

export class Reserve {
  readonly #path: string;
  #there: boolean;
  #looked = -Infinity;

  /** `path` is the file's, in a directory that is there. */
  constructor(path: string) {
    this.#path = path;
    this.#there = statSync(path, { throwIfNoEntry: false })?.size === size;
  }

  /** Whether the disk has so much room that some can be laid by. */
  hasPlenty(): boolean {
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    return bavail * bsize >= plenty * size;
  }

  /** Gives the room back; false when there was none. */
  release(): boolean {
    const had = this.#there;
    this.#there = false;
    this.#looked = performance.now();
    rmSync(this.#path, { force: true });
    return had;
  }

  /** Lays it by, where that has not been done and the disk has much more than that. A disk that fills up meanwhile goes without. */
  keep(): void {
    if (this.#there || performance.now() - this.#looked < pause) return;
    this.#looked = performance.now();
    if (!this.hasPlenty()) return;
    try {
      writeFileSync(this.#path, Buffer.alloc(size), { mode: 0o600 });
      this.#there = true;
    } catch {
      rmSync(this.#path, { force: true });
    }
  }
}
