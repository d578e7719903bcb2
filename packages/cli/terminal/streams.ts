/** Standard input and output as commands use them. */
import { writeSync } from 'node:fs';
import { isatty, type ReadStream, type WriteStream } from 'node:tty';
import { errnoOf } from '#base';
import { fileComplaint } from '../file-complaint.ts';
import { Typed } from './typed.ts';

export interface Output {
  write(bytes: string | Uint8Array): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; 0 where there is none. */
  readonly columns: number;
  readonly rows: number;
}

export interface Input {
  readonly isTerminal: boolean;
  /** The bytes as they come; ends with the input. */
  bytes(): AsyncIterable<Buffer>;
  /** The same, for questions: bit by bit. A command uses one or the other. */
  readonly typed: Typed;
  /** The stream itself, for terminal modes. */
  readonly stream: NodeJS.ReadStream | undefined;
}

/**
 * Standard output (1) or standard error (2). Every write is complete when it returns: a slow reader slows the command
 * down, nothing piles up in memory, and the command may end at any time. `stream` is asked for only by terminals.
 * `onClosed` is told when the reader has gone; any other failed write throws in Go's words.
 */
export function outputOf(descriptor: 1 | 2, stream: () => NodeJS.WriteStream, onClosed: () => never): Output {
  let terminal: boolean | undefined;
  const isTerminal = (): boolean => (terminal ??= isatty(descriptor));
  return {
    write: (bytes) => writeAll(descriptor, typeof bytes === 'string' ? Buffer.from(bytes) : bytes, onClosed),
    get isTerminal() {
      return isTerminal();
    },
    get columns() {
      return isTerminal() ? ((stream() as WriteStream).columns ?? 0) : 0;
    },
    get rows() {
      return isTerminal() ? ((stream() as WriteStream).rows ?? 0) : 0;
    },
  };
}

function writeAll(descriptor: 1 | 2, bytes: Uint8Array, onClosed: () => never): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') onClosed();
      if (errnoOf(error) !== 'EAGAIN') throw fileComplaint(error, 'write', descriptor === 1 ? '/dev/stdout' : '/dev/stderr');
      rest(); // someone else made the pipe non-blocking, and it is full
    }
  }
}

function rest(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

/** Wraps process.stdin. */
export function inputOf(stream: () => NodeJS.ReadStream): Input {
  return {
    typed: new Typed(() => stream() as AsyncIterable<Buffer>),
    get isTerminal() {
      return (stream() as ReadStream).isTTY === true;
    },
    bytes: () => stream() as AsyncIterable<Buffer>,
    get stream() {
      return stream();
    },
  };
}

/** Everything on the input, as text. */
export async function readAll(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input.bytes()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
