/** Hands one container's log to its receiver, from where it was left, until the container has ended and all is taken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#base';
import type { Log } from '../../../context.ts';
import { nanosecondsOf } from '../entry.ts';
import { readLog, type LogPosition, type PlacedEntry, type ReadLog } from '../reader.ts';
import type { LogLine, LogReceiver } from './port.ts';

export interface ForwarderParts {
  readonly source: Omit<ReadLog, 'ended' | 'signal' | 'from' | 'since' | 'until' | 'tail'>;
  readonly from: LogPosition | undefined;
  readonly receiver: LogReceiver;
  readonly delivery: Delivery;
  readonly save: (position: LogPosition) => void;
  readonly log: Log;
  readonly name: string;
}

/** How long lines are kept for a receiver that does not take them. */
export interface Delivery {
  /** Bytes of lines that wait at most, the oldest go first; undefined: they wait in the log's files. */
  readonly bufferBytes: number | undefined;
  /** Attempts before a batch is given up. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled each time up to half a minute. */
  readonly retryDelay: number;
}

/** Lines handed over at once, at most. */
const batchSize = 256;
const longestDelay = 30_000;
/** The shim cuts lines here. */
const pieceSize = 16_384;

export class Forwarder {
  /** Resolves when all of the log of an ended container is taken, or given up. */
  readonly done: Promise<void>;
  readonly #parts: ForwarderParts;
  readonly #ended = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  readonly #pieces = new Pieces();
  #queue: PlacedEntry[] = [];
  #queued = 0;
  #reading = true;
  #unsaved = false;
  #wake = Promise.withResolvers<void>();
  /** Wakes the reader when there is room again. */
  #room = Promise.withResolvers<void>();

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
    this.done = this.#run();
  }

  /** The container has ended: what is there is still handed over. */
  finish(): void {
    this.#ended.resolve();
  }

  /** Stops at once; what was not taken waits for the next forwarder. */
  abort(): void {
    this.#stop.abort();
    this.#wake.resolve();
    this.#room.resolve();
  }

  async #run(): Promise<void> {
    const { receiver, log, name } = this.#parts;
    try {
      await Promise.all([this.#read(), this.#deliver()]);
    } catch (error) {
      log('error', `log of container ${name}: ${messageOf(error)}`);
    } finally {
      this.abort();
      receiver[Symbol.dispose]();
    }
  }

  async #read(): Promise<void> {
    const { source, from, delivery } = this.#parts;
    try {
      for await (const entry of readLog({ ...source, from, ended: this.#ended.promise, signal: this.#stop.signal })) {
        this.#queue.push(entry);
        this.#queued += entry.text.length;
        if (delivery.bufferBytes !== undefined) this.#drop(delivery.bufferBytes);
        this.#wake.resolve();
        if (delivery.bufferBytes === undefined && this.#queue.length >= batchSize) await this.#waitForRoom();
        if (this.#stop.signal.aborted) return;
      }
    } finally {
      this.#reading = false;
      this.#wake.resolve();
    }
  }

  async #waitForRoom(): Promise<void> {
    this.#room = Promise.withResolvers();
    if (this.#stop.signal.aborted) return;
    await this.#room.promise;
  }

  #drop(limit: number): void {
    while (this.#queued > limit && this.#queue.length > 1) this.#queued -= this.#queue.shift()?.text.length ?? 0;
  }

  async #deliver(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const batch = this.#queue.slice(0, batchSize);
      const last = batch.at(-1);
      if (!last) {
        if (!this.#reading) return;
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
        continue;
      }
      this.#queue = this.#queue.slice(batch.length);
      this.#queued -= batch.reduce((sum, entry) => sum + entry.text.length, 0);
      this.#room.resolve();
      if (await this.#send(batch.map((entry) => this.#pieces.lineOf(entry)))) this.#save(last.end);
    }
  }

  /** A place that cannot be written down, for a disk that is full, ends no forwarding: at worst what lies behind it is handed over twice. */
  #save(position: LogPosition): void {
    const { save, log, name } = this.#parts;
    try {
      save(position);
      this.#unsaved = false;
    } catch (error) {
      if (!this.#unsaved) log('warn', `log of container ${name}: how far it is handed over cannot be stored: ${messageOf(error)}`);
      this.#unsaved = true;
    }
  }

  /** False when the forwarder was stopped meanwhile. */
  async #send(lines: readonly LogLine[]): Promise<boolean> {
    const { receiver, delivery, log, name } = this.#parts;
    let delay = delivery.retryDelay;
    for (let attempt = 1; !this.#stop.signal.aborted; attempt += 1) {
      try {
        await receiver.send(lines);
        return true;
      } catch (error) {
        if (attempt === 1) log('warn', `log of container ${name} is not taken: ${messageOf(error)}`);
        if (attempt >= delivery.attempts) {
          log('error', `log of container ${name}: ${lines.length} lines given up after ${attempt} attempts`);
          return true;
        }
      }
      await sleep(delay, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      delay = Math.min(delay * 2, longestDelay);
    }
    return false;
  }
}

/** Knows the pieces of long lines: those without a newline that are as long as a piece can be, and the one that ends them. */
class Pieces {
  readonly #open = new Map<1 | 2, { id: string; ordinal: number }>();

  lineOf({ stream, text, time, end }: PlacedEntry): LogLine {
    const last = text.endsWith('\n') || Buffer.byteLength(text) < pieceSize;
    const begun = this.#open.get(stream);
    const piece = begun ?? (last ? undefined : { id: `${end.inode.toString(16)}${end.offset.toString(16)}`.padStart(16, '0'), ordinal: 0 });
    if (piece) piece.ordinal += 1;
    if (piece && !last) this.#open.set(stream, piece);
    else this.#open.delete(stream);
    return { stream, text: text.endsWith('\n') ? text.slice(0, -1) : text, time: nanosecondsOf(time), partial: piece && { ...piece, last } };
  }
}
