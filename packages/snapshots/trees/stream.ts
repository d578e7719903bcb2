import { createRing, RingReader, RingWriter, type RingMemory } from '#base';

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
  return { stream: withFault(new RingReader(ring), result), result };
}

async function* withFault(reader: RingReader, result: Promise<unknown>): AsyncGenerator<Buffer> {
  try {
    yield* reader;
  } catch (error) {
    await result;
    throw error;
  }
  await result;
}
