/**
 * HTTP/1.1 (RFC 9112) as an Engine API client needs it, over one connection: request heads, chunked uploads,
 * responses by length, by chunks or until the end, and 101 for taking the connection over.
 *
 * Ours because a command's start-up pays for every module: `node:http` costs 15 ms more than the whole of this.
 */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Unavailable } from '#base';
import type { ByteReader } from './byte-reader.ts';

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case; a repeated header keeps its last value. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Bytes to send: whole, or as they come. */
export type RequestBody = Uint8Array | string | AsyncIterable<Uint8Array>;

/** Sends a whole request. Resolves when the last byte was handed to the kernel; rejects when the connection breaks. */
export async function sendRequest(stream: Duplex, head: RequestHead, body?: RequestBody): Promise<void> {
  const whole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const bytes = whole ? Buffer.from(body ?? '') : undefined;
  const length = bytes === undefined ? { 'Transfer-Encoding': 'chunked' } : needsLength(head, bytes) ? { 'Content-Length': String(bytes.length) } : {};
  const lines = Object.entries({ ...head.headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = Buffer.from(`${head.method} ${head.target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  if (bytes) return write(stream, Buffer.concat([start, bytes]));
  await write(stream, start);
  await sendChunks(stream, body as AsyncIterable<Uint8Array>);
}

function needsLength(head: RequestHead, bytes: Buffer): boolean {
  return bytes.length > 0 || (head.method !== 'GET' && head.method !== 'HEAD' && head.method !== 'DELETE');
}

async function sendChunks(stream: Duplex, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    await write(stream, Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
  }
  await write(stream, Buffer.from('0\r\n\r\n'));
}

/** Writes and waits while the far side is slow. */
export async function write(stream: Duplex, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.writableEnded) throw new Unavailable('the connection is closed');
  if (stream.write(bytes)) return;
  const stop = new AbortController();
  const over = once(stream, 'close', { signal: stop.signal }).then(() => Promise.reject(new Unavailable('the connection was closed')));
  over.catch(() => {}); // the loser of the race below is nobody's error
  try {
    await Promise.race([once(stream, 'drain', { signal: stop.signal }), over]);
  } finally {
    stop.abort();
  }
}

/** Reads a response's head, past any 1xx that only says "go on". Throws Unavailable when there is none. */
export async function readHead(reader: ByteReader): Promise<ResponseHead> {
  for (;;) {
    const text = await reader.readUntil('\r\n\r\n');
    if (text === undefined) throw new Unavailable('EOF');
    const [first = '', ...lines] = text.split('\r\n');
    const odd = lines.find((line) => !/^[!#$%&'*+.^_`|~\w-]+:/.test(line));
    const [, status = '', reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first) ?? [];
    if (status === '') throw new Unavailable(`malformed HTTP response ${JSON.stringify(first)}`);
    if (odd !== undefined) throw new Unavailable(`malformed MIME header line: ${odd}`);
    if (status.startsWith('1') && status !== '101') continue;
    return { status: Number(status), reason, headers: Object.fromEntries(lines.map(headerOf)) };
  }
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** A response's body as it comes; afterwards the connection may carry the next request unless it was ended. */
export async function* readBody(reader: ByteReader, method: string, head: ResponseHead): AsyncGenerator<Buffer> {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return;
  if (head.headers['transfer-encoding']?.toLowerCase() === 'chunked') return yield* readChunks(reader);
  const length = head.headers['content-length'];
  if (length === undefined) return yield* reader;
  if (!/^\d+$/.test(length)) throw new Unavailable(`bad Content-Length ${JSON.stringify(length)}`);
  yield* readExactly(reader, Number(length));
}

async function* readChunks(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const size = sizeOf(await reader.readUntil('\r\n'));
    if (size === 0) return await skipTrailers(reader);
    yield* readExactly(reader, size);
    const end = await reader.readUntil('\r\n');
    if (end === undefined) throw new Unavailable('unexpected EOF');
    if (end !== '') throw new Unavailable('malformed chunked encoding');
  }
}

/** `1f;extension=x` → 31. */
function sizeOf(line: string | undefined): number {
  if (line === undefined) throw new Unavailable('unexpected EOF');
  const [, digits] = /^([\da-fA-F]{1,13})[ \t]*(?:;.*)?$/.exec(line) ?? [];
  if (digits === undefined) throw new Unavailable('invalid byte in chunk length');
  return Number.parseInt(digits, 16);
}

async function skipTrailers(reader: ByteReader): Promise<void> {
  for (;;) {
    const line = await reader.readUntil('\r\n');
    if (line === undefined) throw new Unavailable('unexpected EOF');
    if (line === '') return;
  }
}

async function* readExactly(reader: ByteReader, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0; ) {
    const chunk = await reader.read();
    if (chunk === undefined) throw new Unavailable('unexpected EOF');
    reader.unread(chunk.subarray(left));
    const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= part.length;
    yield part;
  }
}
