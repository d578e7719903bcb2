import { createRing, recycleRing, RingReader, RingWriter, type RingMemory } from '#base';

/** What a worker writes, as a stream, and what it returns at its end. */
export interface WorkerStream<T> {
  /** Throws what the worker throws. Leave the loop early to stop the worker. */
  readonly stream: AsyncGenerator<Buffer>;
  readonly result: Promise<T>;
}

/** Starts a job that writes into a pipe, and reads the other end. */
export function streamFrom<T>(start: (ring: RingMemory) => Promise<T>): WorkerStream<T> {
  const ring = createRing();
  const result = start(ring);
  result.catch(() => new RingWriter(ring).fail()); // A job may fail before it opens its end; who reads the stream hears of it there.
  return { stream: withFault(ring, result), result };
}

async function* withFault(ring: RingMemory, result: Promise<unknown>): AsyncGenerator<Buffer> {
  const over = () => recycleRing(ring);
  try {
    yield* new RingReader(ring);
  } catch (error) {
    await result;
    throw error;
  } finally {
    result.then(over, over); // who leaves early does not wait for the worker
  }
  await result;
}
