import { DataLoss } from '../errors.ts';
import { TarParser } from './parser.ts';
import type { TarHeader } from './header.ts';

/** One member while it is being read. Its content must be taken before the next member; what is not taken is skipped. */
export interface TarReading {
  readonly header: TarHeader;
  /** The content in pieces, holes as zeros. */
  body(): AsyncGenerator<Buffer>;
  /** The whole content; throws DataLoss above `limit` bytes. */
  bytes(limit?: number): Promise<Buffer>;
}

/**
 * The members of an archive that comes as a stream, one after the other.
 *
 * Example: for await (const { header, bytes } of readTar(request)) …
 *
 * Throws DataLoss for anything malformed or cut short.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarReading> {
  const queue = new Queue(source);
  for (let event = await queue.next(); event; event = await queue.next()) {
    if (event.kind !== 'member') continue;
    const { header } = event;
    const body = () => contentOf(queue, header);
    yield { header, body, bytes: (limit = 64 << 20) => gather(header, body(), limit) };
  }
}

type Event = { kind: 'member'; header: TarHeader } | { kind: 'data'; chunk: Buffer; offset: number } | { kind: 'done' };

/** Turns the parser's calls into events that can be awaited, one source chunk ahead at most. */
class Queue {
  readonly #events: Event[] = [];
  #at = 0;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #parser = new TarParser({
    member: (header) => this.#events.push({ kind: 'member', header }),
    data: (chunk, offset) => this.#events.push({ kind: 'data', chunk, offset }),
    done: () => this.#events.push({ kind: 'done' }),
  });

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next event, undefined at the end. Inside a content pass the kinds to take: others are left. */
  async next(): Promise<Event | undefined> {
    const event = await this.peek();
    if (event) this.#at++;
    return event;
  }

  async peek(): Promise<Event | undefined> {
    while (this.#at === this.#events.length) {
      this.#events.length = this.#at = 0;
      const { done, value } = await this.#source.next();
      if (done) {
        this.#parser.end();
        return undefined;
      }
      this.#parser.write(value);
    }
    return this.#events[this.#at];
  }
}

const zeros = Buffer.alloc(64 << 10);

async function* contentOf(queue: Queue, header: TarHeader): AsyncGenerator<Buffer> {
  let at = 0;
  for (let event = await queue.peek(); event && event.kind !== 'member'; event = await queue.peek()) {
    await queue.next();
    if (event.kind === 'done') break;
    yield* hole(event.offset - at);
    yield event.chunk;
    at = event.offset + event.chunk.length;
  }
  yield* hole(header.size - at);
}

function* hole(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(left, zeros.length));
}

async function gather(header: TarHeader, body: AsyncGenerator<Buffer>, limit: number): Promise<Buffer> {
  if (header.size > limit) throw new DataLoss(`${header.name} is larger than ${limit} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
