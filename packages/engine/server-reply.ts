/** An HTTP answer as handlers give it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Presence } from './admission.ts';
import type { ApiReply, Header } from './router.ts';
import type { Adaptation } from './versions/adapt.ts';
import { headTaken } from './head-taken.ts';
import { encodeAnswer } from './json.ts';
import { handshakeFields, WebsocketStream } from './websocket.ts';

/** An answer that is not a stream. */
export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: string | undefined;
}

export class HttpApiReply implements ApiReply {
  readonly raw: ServerResponse;
  /** Given to Node all at once: it checks, keeps and looks up each that it is given by itself. */
  headers: Header[] = [];
  readonly #request: IncomingMessage;
  readonly #early: Buffer | undefined;
  readonly #heard = performance.now();
  /** Set once the connection is no longer HTTP. */
  hijacked = false;
  /** To the form of the client's version. */
  adaptation: Adaptation | undefined;
  /** How the daemon knows that this request is under way. */
  presence: Presence | undefined;
  /** With authorization plugins an answer waits for their word. */
  #kept: Answer | undefined;
  #keeping = false;

  /** `early`: bytes that came right behind an upgrade request; undefined when Node reads the connection on, as it does for one that says `Upgrade` but not `Connection: Upgrade`. */
  constructor(request: IncomingMessage, raw: ServerResponse, early: Buffer | undefined) {
    this.#request = request;
    this.raw = raw;
    this.#early = early;
  }

  header(name: string, value: string): void {
    this.headers.push([name, value]);
  }

  head(status: number, ...more: Header[]): ServerResponse {
    this.headers = [...this.headers.filter(([name]) => more.every(([its]) => its !== name)), ...more]; // an error has a length of its own
    return this.raw.writeHead(status, this.headers);
  }

  json(status: number, value: unknown): void {
    this.#answer({ status, body: encodeAnswer(status < 300 && this.adaptation ? this.adaptation.answer(value) : value) });
  }

  empty(status: number): void {
    this.#answer({ status, body: undefined });
  }

  begin(): void {
    this.presence?.begin();
  }

  /** From now on `json` and `empty` only keep the answer. */
  keepAnswer(): void {
    this.#keeping = true;
  }

  /** The answer that was kept; undefined when it has gone already, as a stream's has. */
  get kept(): Answer | undefined {
    return this.#kept;
  }

  /** Sends what was kept. */
  release(): void {
    this.#keeping = false;
    if (this.#kept) this.#answer(this.#kept);
    this.#kept = undefined;
  }

  /** Drops what was kept. */
  discard(): void {
    this.#keeping = false;
    this.#kept = undefined;
  }

  /** How long the engine had the request, for clients that ask (`Naru-Timings`): in the form of W3C's Server Timing. */
  #tellTime(): void {
    if (this.#request.headers['naru-timings'] === undefined || this.raw.headersSent) return;
    this.header('Server-Timing', `engine;dur=${(performance.now() - this.#heard).toFixed(1)}`);
  }

  #answer(answer: Answer): void {
    if (this.#keeping) {
      this.#kept = answer;
      return;
    }
    const { status, body } = answer;
    this.#tellTime();
    if (body === undefined) this.head(status);
    else this.head(status, ['Content-Type', 'application/json'], ['Content-Length', String(Buffer.byteLength(body))]);
    endOnceRead(this.#request, this.raw, body);
  }

  stream(status: number, contentType: string): ServerResponse {
    if (contentType) this.header('Content-Type', contentType);
    this.head(status).flushHeaders();
    this.begin();
    return this.raw;
  }

  async hijack(contentType: string, { commonHeaders = false, begins = true } = {}): Promise<Duplex> {
    const socket = this.#connection();
    const upgrade = this.#request.headers.upgrade;
    this.hijacked = true;
    if (begins) this.begin();
    this.raw.detachSocket(socket);
    if (!this.#early) takeFromParser(socket);
    socket.pause(); // what the client says waits for whoever reads it
    socket.allowHalfOpen = true; // what Node puts in front of a connection ends with the client's input otherwise, and our answer with it
    if (this.#early?.length) socket.unshift(this.#early);
    this.#request.socket.setTimeout(0);
    const more = commonHeaders ? this.headers.map(([name, value]) => `${name.toLowerCase()}: ${value}\r\n`).join('') : '';
    await writeHead(
      socket,
      upgrade
        ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n${more}\r\n`
        : `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\n${more}\r\n`,
    );
    await headTaken(this.#request.socket);
    return socket;
  }

  /** The response's, not the request's: only there the bytes behind a request's body are whole. */
  #connection(): Socket {
    return this.raw.socket ?? this.#request.socket;
  }

  async websocket(): Promise<Duplex> {
    const fields = handshakeFields(this.#request.headers);
    const socket = this.#connection();
    this.hijacked = true;
    this.begin();
    this.raw.detachSocket(socket);
    if (this.#early?.length) socket.unshift(this.#early);
    this.#request.socket.setTimeout(0);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    return new WebsocketStream(socket);
  }
}

/** Milliseconds that a connection stays open for a client that still sends what nobody reads; Go's servers take as many. */
const lingering = 500;

/**
 * Ends an answer. Node closes a connection that is not kept alive at once then, though the client may still be sending
 * its body (an error needs none of it): its next write fails, and it tells of that instead of the answer.
 */
function endOnceRead(request: IncomingMessage, response: ServerResponse, body: string | undefined): void {
  if (response.shouldKeepAlive || request.complete || request.destroyed) return void response.end(body);
  if (body === undefined) response.flushHeaders();
  else response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    request.off('close', end);
    response.end();
  };
  const timer = setTimeout(end, lingering);
  request.once('close', end).resume();
}

/** Resolves when the kernel has it; one that fails is told by the socket's own end. The stream may be Node's own in front of the connection. */
function writeHead(socket: Duplex, head: string): Promise<void> {
  return new Promise((resolve) => socket.write(head, () => resolve()));
}

/**
 * A client that hijacks without saying Upgrade goes on in raw bytes, which Node's HTTP parser would read as the next
 * request: its listeners are taken off the socket, and every byte from now on is the handler's. Who waits for the
 * connection's close goes on waiting: the parser too, which is freed then.
 */
export function takeFromParser(socket: Duplex): void {
  for (const event of ['data', 'end', 'drain', 'error', 'timeout']) socket.removeAllListeners(event);
  // The parser reads past Node's streams until somebody listens.
  const nobody = (): void => undefined;
  socket.on('data', nobody).off('data', nobody);
  socket.on('error', () => socket.destroy());
}
