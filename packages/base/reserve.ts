/**
 * Room on a disk that is kept for the day when it is full: a file that goes, or becomes another, so that what must be written then
 * (the end of a container, its removal) can be.
 */
import { closeSync, linkSync, openSync, renameSync, rmSync, statfsSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes. */
const size = 2 << 20;
/** Of SQLite's write-ahead log (its file format, 4.1). */
const headerSize = 32;
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
    this.#there = sizeOf(path) >= size;
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

  /**
   * Makes it SQLite's write-ahead log at `path`, unless one is there: room that was given back to a full disk would be taken by
   * whoever filled it. A log whose header is of zeros is an empty one.
   */
  become(path: string): void {
    if (!this.#there || sizeOf(path) > 0) return;
    const fd = openSync(this.#path, 'r+');
    try {
      writeSync(fd, Buffer.alloc(headerSize));
    } finally {
      closeSync(fd);
    }
    renameSync(this.#path, path);
    this.#there = false;
  }

  /** Takes the room of a log that is about to be deleted, where it has gone itself. */
  inherit(path: string): void {
    if (this.#there || sizeOf(path) < size) return;
    rmSync(this.#path, { force: true });
    linkSync(path, this.#path);
    this.#there = true;
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

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
