/**
 * What a stream needs to know of the daemon that took over. A stream that stands on the daemon's own state asks the
 * newest daemon for the rest; one that reads a file or a shim goes on by itself.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dialNewest } from './dial.ts';

/** Says that an older daemon asks, for a client of its own. */
export const carriedHeader = 'x-naru-carried';

export class Succession {
  readonly #listeners = new Set<(successor: Successor) => void>();
  #successor: Successor | undefined;

  /** Calls `listener` when another daemon has taken over. */
  subscribe(listener: (successor: Successor) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The one that has; undefined while this daemon serves. */
  get successor(): Successor | undefined {
    return this.#successor;
  }

  /** From now on the newest daemon answers on the socket at `path`. */
  pass(path: string): void {
    this.#successor = new Successor(path);
    for (const listener of this.#listeners) listener(this.#successor);
  }
}

/** The newest daemon, whichever that is by now. */
export class Successor {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** One answer, whole, parsed; asked again when a daemon is replaced meanwhile. Throws when none serves any more. */
  async ask<T>(method: string, path: string): Promise<T> {
    for (;;) {
      const socket = await dialNewest(this.path);
      try {
        const incoming = await send(socket, method, path);
        const text = Buffer.concat((await incoming.toArray()) as Buffer[]).toString();
        if (text !== '') return JSON.parse(text) as T;
      } catch {
        // It was cut: its daemon handed over in its turn.
      }
      await sleep(20);
    }
  }

  /** A stream of lines; `again` gives the path to go on from when a daemon is replaced. Ends with `signal`, or when the answer is whole. */
  async *lines(path: () => string, signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      const socket = await dialNewest(this.path);
      try {
        const incoming = await send(socket, 'GET', path(), signal);
        let rest = '';
        for await (const chunk of incoming as AsyncIterable<Buffer>) {
          const parts = (rest + chunk.toString()).split('\n');
          rest = parts.pop() ?? '';
          yield* parts;
        }
        return;
      } catch {
        if (!signal.aborted) await sleep(20);
      }
    }
  }
}

function send(socket: Socket, method: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
  const headers = { Host: 'naru', Connection: 'close', [carriedHeader]: '1' };
  return new Promise((resolve, reject) => {
    httpRequest({ createConnection: () => socket, method, path, headers, ...(signal && { signal }) }).on('response', resolve).on('error', reject).end();
  });
}
