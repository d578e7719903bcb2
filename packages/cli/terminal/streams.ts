/** Standard input and output as commands use them. */
import type { ReadStream, WriteStream } from 'node:tty';

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
  /** The stream itself, for terminal modes. */
  readonly stream: NodeJS.ReadStream | undefined;
}

/** Wraps process.stdout or process.stderr; the stream is made at the first write. */
export function outputOf(stream: () => NodeJS.WriteStream): Output {
  return {
    write: (bytes) => void stream().write(bytes),
    get isTerminal() {
      return stream().isTTY === true;
    },
    get columns() {
      return (stream() as WriteStream).columns ?? 0;
    },
    get rows() {
      return (stream() as WriteStream).rows ?? 0;
    },
  };
}

/** Wraps process.stdin. */
export function inputOf(stream: () => NodeJS.ReadStream): Input {
  return {
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
