/** One request on a connection of its own, and what comes back, piece by piece. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RecordedRequest } from './format.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
}

const ownHeaders = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

export class Connection {
  /** Resolves with the status line and headers. */
  readonly head: Promise<Answer>;
  /** Resolves when the other side has said everything. */
  readonly done: Promise<void>;
  #bytes: Buffer[] = [];
  #upgraded: Socket | undefined;
  readonly #destroy: () => void;

  constructor(socketPath: string, recorded: RecordedRequest, target: string, body: Uint8Array | undefined) {
    const head = Promise.withResolvers<Answer>();
    const done = Promise.withResolvers<void>();
    const outgoing = httpRequest({ socketPath, method: recorded.method, path: target, headers: headersOf(recorded), agent: false });
    const fail = (error: Error): void => {
      head.reject(error);
      done.resolve();
    };
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      head.resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers });
      incoming.on('data', (chunk: Buffer) => this.#bytes.push(chunk)).on('close', () => done.resolve());
      incoming.on('error', () => done.resolve());
    });
    outgoing.on('upgrade', (incoming, socket, early) => {
      this.#upgraded = socket as Socket;
      if (early.length > 0) this.#bytes.push(early);
      head.resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers });
      socket.on('data', (chunk: Buffer) => this.#bytes.push(chunk)).on('end', () => done.resolve()).on('close', () => done.resolve());
      socket.on('error', () => done.resolve());
    });
    this.#destroy = () => outgoing.destroy();
    this.head = head.promise;
    this.done = done.promise;
    this.head.catch(() => undefined); // a caller that waits sees it; an abandoned request has none
    outgoing.end(body);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#bytes);
  }

  /** Sends raw bytes on an upgraded connection; undefined closes this side of it. */
  write(bytes: Uint8Array | undefined): void {
    if (bytes) this.#upgraded?.write(bytes);
    else this.#upgraded?.end();
  }

  abandon(): void {
    this.#upgraded?.destroy();
    this.#destroy();
  }
}

function headersOf(recorded: RecordedRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of recorded.headers) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (!ownHeaders.has(name.toLowerCase())) headers[name] = line.slice(colon + 1).trim();
  }
  return headers['Upgrade'] ? { ...headers, Connection: 'Upgrade' } : headers;
}
