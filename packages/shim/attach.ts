/**
 * An attachment: one connection that carries a process's stdio. Reading slowly holds the process back (the shim has one
 * frame in flight), nothing is kept in memory here beyond what the sockets hold.
 */
import { Writable } from 'node:stream';
import { isKind } from '#base';
import { type ShimConnection, ShimFailure } from './connection.ts';
import { AttachFlag, encodeFrame, type Frame, FrameType, SEEDED, STDIN_MOST } from './protocol.ts';

/** Chunks waiting for the consumer before the socket is paused. */
const HIGH_WATER = 4;

export interface AttachedOutput {
  readonly stream: 1 | 2;
  readonly bytes: Uint8Array;
}

export interface AttachedStdio extends AsyncDisposable {
  readonly stdin: Writable | undefined;
  readonly output: AsyncIterable<AttachedOutput>;
}

export interface Streams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Turns `connection` into an attachment to process number `process`; it belongs to the attachment from then on, and is closed when there is none. */
export async function attachStdio(connection: ShimConnection, process: number, streams: Streams): Promise<AttachedStdio> {
  return (await attachBy(connection, streams, FrameType.attach, { flag: flagOf(streams), process })).stdio;
}

/** Starts an exec by `plan` on a connection that is its attachment from the start, which spares a visit (EXEC_ATTACHES). */
export async function execAttached(connection: ShimConnection, plan: Uint8Array, seeded: boolean, streams: Omit<Streams, 'stdin'>): Promise<{ answer: Frame; stdio: AttachedStdio }> {
  const output = { ...streams, stdin: false };
  return attachBy(connection, output, FrameType.exec, { flag: (seeded ? SEEDED : 0) | (flagOf(output) << 1), payload: plan });
}

function flagOf({ stdin, stdout, stderr }: Streams): number {
  return (stdin ? AttachFlag.stdin : 0) | (stdout ? AttachFlag.stdout : 0) | (stderr ? AttachFlag.stderr : 0);
}

async function attachBy(connection: ShimConnection, { stdin }: Streams, type: number, request: Parameters<ShimConnection['request']>[1]): Promise<{ answer: Frame; stdio: AttachedStdio }> {
  const output = new OutputQueue(connection, request?.process);
  connection.divert((frame) => output.take(frame));
  try {
    const answer = await connection.request(type, request);
    return { answer, stdio: { stdin: stdin ? stdinOf(connection) : undefined, output, [Symbol.asyncDispose]: async () => connection[Symbol.dispose]() } };
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

/**
 * The same on connections of its own, one for the input: the shim hangs up once a process has ended, and a write that
 * fails then makes Node destroy the connection with whatever lies unread in it. Throws ShimFailure or Unavailable when
 * the process is gone before anything is attached. `begun` is there already for the output.
 */
export async function attachApart(connect: () => ShimConnection, process: number, streams: Streams, begun?: AttachedStdio): Promise<AttachedStdio> {
  const reading = begun ?? (await attachStdio(connect(), process, { ...streams, stdin: false }));
  if (!streams.stdin) return reading;
  const typing = await attachInput(connect, process).catch(async (error: unknown) => {
    await reading[Symbol.asyncDispose](); // nobody would read it, and the process would wait for that
    throw error;
  });
  return {
    stdin: typing.stdin,
    output: reading.output,
    [Symbol.asyncDispose]: async () => {
      await typing[Symbol.asyncDispose]();
      await reading[Symbol.asyncDispose]();
    },
  };
}

/** A process may end just before; its output is attached then, and is still to be read. */
async function attachInput(connect: () => ShimConnection, process: number): Promise<AttachedStdio> {
  try {
    return await attachStdio(connect(), process, { stdin: true, stdout: false, stderr: false });
  } catch (error) {
    if (error instanceof ShimFailure || isKind(error, 'Unavailable')) return endedStdio({ stdin: true });
    throw error;
  }
}

/** What is attached to a process that has ended: nothing comes, and what is written goes nowhere. */
export function endedStdio(streams: { stdin: boolean }): AttachedStdio {
  return {
    stdin: streams.stdin ? new Writable({ write: (_chunk, _encoding, done) => done() }) : undefined,
    output: (async function* () {})(),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function stdinOf(connection: ShimConnection): Writable {
  const { writer } = connection;
  return new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; at += STDIN_MOST) {
        writer.write(encodeFrame(FrameType.stdin, { payload: chunk.subarray(at, at + STDIN_MOST) }));
      }
      if (writer.writableNeedDrain) writer.once('drain', done);
      else done();
    },
    final(done) {
      writer.write(encodeFrame(FrameType.stdinEnd));
      done();
    },
  });
}

/**
 * Output frames as an async iterable; ends with the process (an exec's number is told by the answer) or the connection. Until
 * the shim has taken the request it tells this connection, too, when others of its processes end.
 */
class OutputQueue implements AsyncIterable<AttachedOutput> {
  readonly #connection: ShimConnection;
  #process: number | undefined;
  readonly #chunks: AttachedOutput[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(connection: ShimConnection, process: number | undefined) {
    this.#connection = connection;
    this.#process = process;
    connection.socket.on('close', () => this.#end());
  }

  take(frame: Frame): void {
    if (frame.type === FrameType.ok) this.#process ??= frame.process;
    if (frame.type === FrameType.exited && frame.process === this.#process) this.#end();
    if (frame.type !== FrameType.output) return;
    this.#chunks.push({ stream: frame.flag === 2 ? 2 : 1, bytes: frame.payload });
    if (this.#chunks.length >= HIGH_WATER) this.#connection.socket.pause();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AttachedOutput> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) yield chunk;
      else if (this.#ended) return;
      else {
        this.#connection.socket.resume();
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}
