/**
 * A pipe of bytes between two threads over shared memory: one writer, one reader, nothing copied but the bytes.
 *
 *   control: [0] bytes written   [1] bytes read   [2] state   [3] news for the reader   [4] news for the writer
 *   data:    a power of two, used round and round; counters wrap at 2³²
 *
 * Worker threads use the blocking calls, the main thread the awaiting ones. Either end, or a third who holds the
 * memory, may give up: then both ends' next calls throw Cancelled, and the reason is with who gave up.
 *
 * The memory is used again by the next ring: shared memory weighs nothing in a collector's count, so that what thousands
 * of small streams left behind would wait for a collection that never comes.
 */
import { isMainThread } from 'node:worker_threads';
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
  /** Which memory `data` is: each thread has an object of its own for it, and another with each message. */
  readonly number: number;
}

/** Bytes of a ring that is made without a word about its size. */
const usualSize = 4 << 20;

/** How long after the last stream memory waits for another. Longer than an idle worker lives, which holds it too. Milliseconds. */
const keptFor = 15_000;

const spare: Pick<RingMemory, 'data' | 'number'>[] = [];
/** Rings that are not over: one that is given back twice would serve two streams at once. */
const lent = new WeakSet<RingMemory>();
let expiry: NodeJS.Timeout | undefined;
let made = 0;
let garbage = 0;
const seen = new Set<number>();

/** Makes the memory of a ring. `size` in bytes, a power of two. Who makes it calls `recycleRing` when both ends are done. */
export function createRing(size = usualSize): RingMemory {
  const used = size === usualSize ? spare.pop() : undefined;
  const ring = { control: new SharedArrayBuffer(20), ...(used ?? { data: new SharedArrayBuffer(size), number: made++ }) };
  lent.add(ring);
  return ring;
}

/**
 * Lets the next ring have this one's memory. No worker may touch it any more; an end on this thread may be late: its
 * control, which is never used again, tells it that the stream is broken off. Does nothing the second time.
 */
export function recycleRing(ring: RingMemory): void {
  if (!lent.delete(ring)) return;
  const control = new Int32Array(ring.control);
  Atomics.store(control, state, states.broken);
  breakRing(control);
  if (ring.data.byteLength !== usualSize) return;
  spare.push({ data: ring.data, number: ring.number });
  clearTimeout(expiry);
  expiry = setTimeout(forgetSpares, keptFor).unref();
}

function forgetSpares(): void {
  garbage += spare.splice(0).length * usualSize;
}

/** Bytes of rings that this thread has let go of, ever: what collections free besides the heap and its buffers. */
export function ringGarbage(): number {
  return garbage;
}

/** The writing end. */
export class RingWriter {
  readonly #control: Int32Array;
  readonly #data: Buffer;

  constructor(memory: RingMemory) {
    count(memory);
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

  commit(count: number): void {
    Atomics.add(this.#control, written, count);
    tell(this.#control, forReader);
  }

  /** Copies `bytes` in, blocking while the ring is full. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += this.#copy(this.reserve(), bytes, at);
  }

  /** Copies `bytes` in, waiting while the ring is full. Between the look and the copy nobody else runs: the ring may be recycled while it waits. */
  async writeAsync(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const news = Atomics.load(this.#control, forWriter);
      const free = this.#free();
      if (free) at += this.#copy(free, bytes, at);
      else await Atomics.waitAsync(this.#control, forWriter, news).value;
    }
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
    count(memory);
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

/** What a worker has seen it holds until it collects, long after the job is done. */
function count({ data, number }: RingMemory): void {
  if (isMainThread || seen.has(number)) return;
  seen.add(number);
  garbage += data.byteLength;
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
