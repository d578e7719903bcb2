/** As much of a FileHandle as is needed. */
type Synced = { datasync(): Promise<void> };

/** Bytes that gather before they are sent to the disk. */
const stretch = 8 << 20;

/** One for the whole process: each holds a thread of Node's pool, of which there are four. */
let busy = false;

/**
 * Brings a growing file to the disk while it grows, so that little is left to wait for at its end. What is durable is
 * decided by `finish` alone.
 */
export class EarlySync {
  readonly #file: Synced;
  #unsynced = 0;
  #running: Promise<unknown> = Promise.resolve();
  /** The kernel tells a descriptor once only that its bytes were lost. */
  #failed: { error: unknown } | undefined;

  constructor(file: Synced) {
    this.#file = file;
  }

  /** `count` more bytes are with the kernel. */
  wrote(count: number): void {
    this.#unsynced += count;
    if (busy || this.#unsynced < stretch) return;
    busy = true;
    this.#unsynced = 0;
    this.#running = this.#file
      .datasync()
      .catch((error: unknown) => (this.#failed ??= { error }))
      .finally(() => (busy = false));
  }

  /** Everything written is on the disk when this returns. Throws what fdatasync(2) did, now or before. */
  async finish(): Promise<void> {
    await this.#running;
    await this.#file.datasync();
    if (this.#failed) throw this.#failed.error;
  }

  /** Nothing is under way any more: the file may be closed. */
  async settled(): Promise<void> {
    await this.#running;
  }
}
