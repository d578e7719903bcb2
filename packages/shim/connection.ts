/**
 * A connection to a shim: requests by id, events as they come. Attachments live on connections of their own
 * (attach.ts), so that a reader that is slow on one never delays an answer on another.
 */
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { Internal, Unavailable } from '#base';
import { encodeFrame, type Ending, type Failure, type Frame, FrameParser, FrameType, parseEnding, parseFailure, PROTOCOL_MAGIC } from './protocol.ts';

/** How the kernel says that nobody listens at an address. */
const absent: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED']);
/** sockaddr_un holds 108 bytes with the NUL. */
const LONGEST_PATH = 107;

/** The shim could not do what was asked: which operation of the plan, and errno. */
export class ShimFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`the shim failed at operation ${failure.op}: errno ${failure.errno}`);
    this.name = 'ShimFailure';
    this.failure = failure;
  }
}

export interface ShimEvents {
  exited?(process: number, ending: Ending): void;
  oom?(): void;
  warning?(failure: Failure): void;
  /** A container's first process is there, with its namespaces; the rest is being laid. */
  cloned?(pid: number): void;
  /** A launch has come to where the host's hooks run; it waits for a `go`. */
  hooks?(pid: number): void;
  /** After this nothing comes any more; requests under way have failed. */
  closed?(): void;
}

interface Pending {
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

export class ShimConnection implements Disposable {
  readonly socket: Socket;
  /** What goes to the shim is written here; the same socket, as a rule. */
  readonly writer: Socket;
  readonly #events: ShimEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #parser = new FrameParser();
  readonly #hello = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<void>();
  #lastId = 0;
  #version = 0;
  #open = true;
  #refusal: Error | undefined;
  #divert: ((frame: Frame) => void) | undefined;

  constructor(socket: Socket, events: ShimEvents = {}, writer = socket) {
    this.socket = socket;
    this.writer = writer;
    this.#events = events;
    this.#hello.promise.catch(() => undefined); // whoever waits for it sees the failure; nobody need wait
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#failed(error)); // 'close' follows and tells
    socket.on('close', () => this.#closed());
    if (writer !== socket) writer.on('error', () => undefined); // whoever reads hears of the end
  }

  /** Of the protocol that the shim speaks, 0 before its hello. */
  get version(): number {
    return this.#version;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Resolves when the shim has introduced itself; rejects with Unavailable when it ends before. */
  get ready(): Promise<void> {
    return this.#hello.promise;
  }

  /** Resolves when the shim, or we, have ended the connection. */
  get closed(): Promise<void> {
    return this.#end.promise;
  }

  /** Sends a request and gives the answering frame. Throws ShimFailure, Unavailable when the shim is gone, Internal when it cannot be called. */
  request(type: number, options: { flag?: number; process?: number; payload?: Uint8Array } = {}): Promise<Frame> {
    if (!this.#open) return Promise.reject(this.#refusal ?? gone());
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    this.#pending.set(id, { resolve, reject });
    this.writer.write(encodeFrame(type, { ...options, id }));
    return promise;
  }

  /** From now on output, ends and answers go to `consumer`, too (this connection has become an attachment). */
  divert(consumer: (frame: Frame) => void): void {
    this.#divert = consumer;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
    this.writer.destroy();
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#parser.push(chunk)) this.#take(frame);
  }

  #take(frame: Frame): void {
    if (frame.type === FrameType.ok) this.#answered(frame);
    else if (frame.type === FrameType.fail) this.#settle(frame.id)?.reject(new ShimFailure(parseFailure(frame.payload)));
    else if (frame.type === FrameType.hello) this.#greet(frame);
    else if (frame.type === FrameType.exited) this.#exited(frame);
    else if (this.#divert) this.#divert(frame);
    else if (frame.type === FrameType.cloned) this.#events.cloned?.(frame.payload.readUInt32LE(0));
    else if (frame.type === FrameType.hooks) this.#events.hooks?.(frame.payload.readUInt32LE(0));
    else if (frame.type === FrameType.oom) this.#events.oom?.();
    else if (frame.type === FrameType.warning) this.#events.warning?.(parseFailure(frame.payload));
  }

  #answered(frame: Frame): void {
    this.#divert?.(frame);
    this.#settle(frame.id)?.resolve(frame);
  }

  #exited(frame: Frame): void {
    this.#divert?.(frame);
    this.#events.exited?.(frame.process, parseEnding(frame.payload));
  }

  #greet(frame: Frame): void {
    this.#version = frame.payload.readUInt32LE(0) === PROTOCOL_MAGIC ? frame.payload.readUInt32LE(4) : 0;
    if (this.#version > 0) this.#hello.resolve();
    else this.socket.destroy();
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** Whoever could not be called for another reason than that nobody is there may be there: that is not to be taken for its end. */
  #failed(error: NodeJS.ErrnoException): void {
    if (error.syscall === 'connect' && !absent.has(error.code ?? '')) this.#refusal = new Internal(`calling the shim: ${error.message}`, { cause: error });
  }

  #closed(): void {
    this.#open = false;
    this.writer.destroy();
    this.#hello.reject(this.#refusal ?? gone());
    for (const pending of this.#pending.values()) pending.reject(this.#refusal ?? gone());
    this.#pending.clear();
    this.#end.resolve();
    this.#events.closed?.();
  }
}

function gone(): Unavailable {
  return new Unavailable('the shim is gone');
}

/**
 * Connects to a shim's socket. Resolves once the shim has said hello; throws Unavailable when nobody listens there.
 * A path too long for a socket address is reached through its directory's descriptor.
 */
export async function connectShim(path: string, events: ShimEvents = {}): Promise<ShimConnection> {
  const connection = dialShim(path, events);
  await connection.ready;
  return connection;
}

/** The same without waiting: what is asked at once goes out ahead of the hello, and fails with Unavailable when nobody listens. */
export function dialShim(path: string, events: ShimEvents = {}): ShimConnection {
  return new ShimConnection(dial(path), events);
}

function dial(path: string): Socket {
  if (Buffer.byteLength(path) <= LONGEST_PATH) return connect(path);
  const directory = openSync(dirname(path), 'r');
  try {
    return connect(`/proc/self/fd/${directory}/${basename(path)}`); // connect(2) is called before this returns
  } finally {
    closeSync(directory);
  }
}
