/** An HTTP answer as handlers give it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiReply } from './router.ts';
import { encodeJson } from './json.ts';
import { acceptKey, WebsocketStream } from './websocket.ts';

export class HttpApiReply implements ApiReply {
  readonly raw: ServerResponse;
  readonly #request: IncomingMessage;
  readonly #early: Buffer;
  /** Set once the connection is no longer HTTP. */
  hijacked = false;

  /** `early`: bytes that came right behind an upgrade request. */
  constructor(request: IncomingMessage, raw: ServerResponse, early: Buffer) {
    this.#request = request;
    this.raw = raw;
    this.#early = early;
  }

  header(name: string, value: string): void {
    this.raw.setHeader(name, value);
  }

  json(status: number, value: unknown): void {
    const body = encodeJson(value);
    this.raw.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    this.raw.end(body);
  }

  empty(status: number): void {
    this.raw.writeHead(status);
    this.raw.end();
  }

  stream(status: number, contentType: string): ServerResponse {
    this.raw.writeHead(status, contentType ? { 'Content-Type': contentType } : {});
    this.raw.flushHeaders();
    return this.raw;
  }

  async hijack(contentType: string, { commonHeaders = false } = {}): Promise<Duplex> {
    const socket = this.#request.socket;
    const upgrade = this.#request.headers.upgrade;
    this.hijacked = true;
    this.raw.detachSocket(socket);
    if (!upgrade) takeFromParser(socket);
    if (this.#early.length > 0) socket.unshift(this.#early);
    socket.setTimeout(0);
    const more = commonHeaders ? Object.entries(this.raw.getHeaders()).map(([name, value]) => `${name}: ${String(value)}\r\n`).join('') : '';
    socket.write(
      upgrade
        ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n${more}\r\n`
        : `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\n${more}\r\n`,
    );
    return socket;
  }

  async websocket(): Promise<Duplex> {
    const accept = acceptKey(this.#request.headers);
    const socket = this.#request.socket;
    this.hijacked = true;
    this.raw.detachSocket(socket);
    if (this.#early.length > 0) socket.unshift(this.#early);
    socket.setTimeout(0);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    return new WebsocketStream(socket);
  }
}

/**
 * A client that hijacks without saying Upgrade goes on in raw bytes, which Node's HTTP parser would read as the next
 * request: its listeners are taken off the socket, and every byte from now on is the handler's.
 */
function takeFromParser(socket: Duplex): void {
  for (const event of ['data', 'end', 'drain', 'close', 'error', 'timeout']) socket.removeAllListeners(event);
  socket.on('error', () => socket.destroy());
}
