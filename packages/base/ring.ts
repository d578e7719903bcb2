/**
 * A pipe of bytes between two threads over shared memory: one writer, one reader, nothing copied but the bytes.
 *
 *   control: [0] bytes written   [1] bytes read   [2] state   [3] news for the reader   [4] news for the writer
 *   data:    a power of two, used round and round; counters wrap at 2³²
 *
 * Worker threads use the blocking calls, the main thread the awaiting ones. Either end, or a third who holds the
 * memory, may give up: then both ends' next calls throw Cancelled, and the reason is with who gave up.
 */
import { Cancelled } from './errors.ts';

const written = 0;
const taken = 1;
const state = 2;
/** Bumped with every change the other end may sleep for; who finds nothing to do sleeps on the value it saw before looking. */
const forReader = 3;
const forWriter = 4;
const states = { open: 0, ended: 1, broken: 2 } as const;

/** What is handed to the other thread. */
export interface RingMemory {
  readonly control: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}

/** Makes the memory of a ring. `size` in bytes, a power of two. */
export function createRing(size = 4 << 20): RingMemory {
  return { control: new SharedArrayBuffer(20), data: new SharedArrayBuffer(size) };
}

/** The writing end. */
export class RingWriter {
  readonly #control: Int32Array;
  readonly #data: Buffer;

  constructor(memory: RingMemory) {
    this.#control = new Int32Array(memory.control);
    this.#data = Buffer.from(memory.data as unknown as ArrayBuffer);
  }

  /** A free stretch to fill, blocking until there is one; `commit` how much was filled. */
  reserve(): Buffer {
    for (;;) {
      const news = Atomics.load(this.#control, forWriter);
      const free = this.#free();
      if (free) return free;
      Atomics.wait(this.#control, forWriter, news);
    }
  }

  /** Like reserve, for a thread that must not block. */
  async reserveAsync(): Promise<Buffer> {
    for (;;) {
      const news = Atomics.load(this.#control, forWriter);
      const free = this.#free();
      if (free) return free;
      await Atomics.waitAsync(this.#control, forWriter, news).value;
    }
  }

  commit(count: number): void {
    Atomics.add(this.#control, written, count);
    tell(this.#control, forReader);
  }

  /** Copies `bytes` in, blocking while the ring is full. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += this.#copy(this.reserve(), bytes, at);
  }

  /** Copies `bytes` in, waiting while the ring is full. */
  async writeAsync(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += this.#copy(await this.reserveAsync(), bytes, at);
  }

  /** No more bytes come. */
  end(): void {
    Atomics.compareExchange(this.#control, state, states.open, states.ended);
    tell(this.#control, forReader);
  }

  /** The rest will not come. */
  fail(): void {
    breakRing(this.#control);
  }

  #copy(free: Buffer, bytes: Uint8Array, at: number): number {
    const count = Math.min(free.length, bytes.length - at);
    free.set(bytes.subarray(at, at + count));
    this.commit(count);
    return count;
  }

  #free(): Buffer | undefined {
    if (Atomics.load(this.#control, state) !== states.open) throw new Cancelled('the stream was broken off');
    const size = this.#data.length;
    const head = Atomics.load(this.#control, written);
    const room = size - ((head - Atomics.load(this.#control, taken)) >>> 0);
    const at = (head >>> 0) & (size - 1);
    return room > 0 ? this.#data.subarray(at, Math.min(size, at + room)) : undefined;
  }
}

/** The reading end. */
export class RingReader {
  readonly #control: Int32Array;
  readonly #data: Buffer;
  readonly #most: number;

  /** `most` bytes at a time are given out, so that the writer gets room while they are worked on. */
  constructor(memory: RingMemory, most = 512 << 10) {
    this.#control = new Int32Array(memory.control);
    this.#data = Buffer.from(memory.data as unknown as ArrayBuffer);
    this.#most = most;
  }

  /** The next bytes, blocking; undefined at the end. They stay valid until `release`. */
  read(): Buffer | undefined {
    for (;;) {
      const news = Atomics.load(this.#control, forReader);
      const bytes = this.#available();
      if (bytes !== null) return bytes;
      Atomics.wait(this.#control, forReader, news);
    }
  }

  /** Gives `count` bytes back to the writer. */
  release(count: number): void {
    Atomics.add(this.#control, taken, count);
    tell(this.#control, forWriter);
  }

  /** The bytes as copies, for a thread that must not block. Leaving the loop early cancels the writer. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const news = Atomics.load(this.#control, forReader);
        const bytes = this.#available();
        if (bytes === undefined) return;
        if (bytes === null) {
          await Atomics.waitAsync(this.#control, forReader, news).value;
          continue;
        }
        const copy = Buffer.from(bytes);
        this.release(bytes.length);
        yield copy;
      }
    } finally {
      this.cancel();
    }
  }

  /** Nobody will read on. */
  cancel(): void {
    breakRing(this.#control);
  }

  /** null: nothing yet. The state is looked at before the counter, since bytes are committed before it closes. */
  #available(): Buffer | undefined | null {
    const now = Atomics.load(this.#control, state);
    const tail = Atomics.load(this.#control, taken);
    const count = (Atomics.load(this.#control, written) - tail) >>> 0;
    if (now === states.broken) throw new Cancelled('the stream was broken off');
    if (count === 0) return now === states.ended ? undefined : null;
    const at = (tail >>> 0) & (this.#data.length - 1);
    return this.#data.subarray(at, at + Math.min(count, this.#data.length - at, this.#most));
  }
}

/** A ring that has ended well stays so: its reader takes what is left. */
function breakRing(control: Int32Array): void {
  Atomics.compareExchange(control, state, states.open, states.broken);
  tell(control, forReader);
  tell(control, forWriter);
}

function tell(control: Int32Array, whom: typeof forReader | typeof forWriter): void {
  Atomics.add(control, whom, 1);
  Atomics.notify(control, whom);
}
