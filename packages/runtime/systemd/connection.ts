/** A connection to a D-Bus peer on a Unix socket: SASL EXTERNAL (D-Bus Specification, "Authentication Protocol"), calls, signals. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Internal, messageOf, NotFound, Unavailable } from '#base';
import { inUserNamespace } from '#kernel';
import { decodeMessage, encodeMessage, type DbusValue, type Message, MessageType } from './message.ts';

/** Of a user namespace we know no id that the peer does: it is to take the one that the kernel tells it. */
const identity = (): string => (inUserNamespace() ? 'AUTH EXTERNAL\r\nDATA\r\n' : `AUTH EXTERNAL ${Buffer.from(String(process.geteuid?.() ?? 0)).toString('hex')}\r\n`);

/** The first line that settles it, and the first bytes of messages that came with it. */
async function firstAnswer(socket: Socket): Promise<{ settled: string; rest: Buffer }> {
  const signal = AbortSignal.timeout(PATIENCE);
  for (let heard = ''; ; ) {
    heard += ((await once(socket, 'data', { signal })) as [Buffer])[0].toString('latin1');
    const [, settled, rest = ''] = /^(?:DATA *\r\n)*(?!DATA *\r\n)(.*?)\r\n(.*)$/s.exec(heard) ?? [];
    if (settled !== undefined) return { settled, rest: Buffer.from(rest, 'latin1') };
  }
}

export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly DbusValue[];
}

/** How long a peer may take to answer, in milliseconds. */
const PATIENCE = 30_000;

export class DbusConnection implements Disposable {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Message>>();
  readonly #listeners = new Set<(signal: Message) => void>();
  #rest: Buffer<ArrayBufferLike>;
  #serial = 0;
  #failed: Unavailable | undefined;

  private constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket;
    this.#rest = rest;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('close', () => this.#fail('the connection has ended'));
  }

  /** Connects and says who we are. Throws Unavailable when nobody is there or he does not want us. */
  static async open(path: string): Promise<DbusConnection> {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      /* BEGIN before it is known whether we may, as systemd's own clients have it: a call that comes together with it lies with systemd until more comes. */
      socket.write(`\0${identity()}BEGIN\r\n`);
      const { settled, rest } = await firstAnswer(socket);
      if (!settled.startsWith('OK ')) throw new Error(settled);
      socket.on('error', () => undefined); // 'close' follows and tells
      return new DbusConnection(socket, rest);
    } catch (error) {
      socket.destroy();
      throw new Unavailable(`D-Bus at ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** The values of the answer. Throws NotFound for a unit that there is none of, Internal with any other error's text. */
  async call({ signature = '', body = [], ...target }: Call): Promise<readonly DbusValue[]> {
    if (this.#failed) throw this.#failed;
    const serial = ++this.#serial;
    const waiting = Promise.withResolvers<Message>();
    this.#waiting.set(serial, waiting);
    this.#socket.write(encodeMessage({ type: MessageType.call, serial, fields: { ...target, ...(signature && { signature }) }, body }));
    const timer = setTimeout(() => this.#fail(`no answer to ${target.member}`), PATIENCE);
    const answer = await waiting.promise.finally(() => clearTimeout(timer));
    if (answer.type !== MessageType.error) return answer.body;
    const message = `${String(answer.body[0] ?? answer.fields.errorName)}`;
    throw answer.fields.errorName === 'org.freedesktop.systemd1.NoSuchUnit' ? new NotFound(message) : new Internal(message);
  }

  /** Until what is returned is disposed of. */
  listen(listener: (signal: Message) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    try {
      for (let next = decodeMessage(this.#rest); next; next = decodeMessage(this.#rest)) {
        this.#rest = this.#rest.subarray(next.length);
        this.#take(next.message);
      }
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #take(message: Message): void {
    if (message.type === MessageType.signal) for (const listener of this.#listeners) listener(message);
    const serial = Number(message.fields.replySerial ?? 0);
    this.#waiting.get(serial)?.resolve(message);
    this.#waiting.delete(serial);
  }

  #fail(reason: string): void {
    this.#failed ??= new Unavailable(`D-Bus: ${reason}`);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failed);
    this.#waiting.clear();
    this.#socket.destroy();
  }
}
