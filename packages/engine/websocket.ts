/**
 * The server's side of a websocket (RFC 6455), as much as attach needs: a stream of bytes in binary messages. Fragments,
 * pings and closing are handled; text and binary messages are both taken for bytes; extensions are not offered.
 *
 *   byte 0: FIN, opcode   byte 1: MASK, length   [2 or 8 bytes of length]   [4 bytes of mask]   payload
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Duplex } from 'node:stream';
import { InvalidArgument } from '#base';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** Bytes of one message's payload that are taken at most; who sends more is cut off. */
const payloadLimit = 1 << 20;
const normalClosure = Buffer.from([0x03, 0xe8]);

/** Why a request is no handshake that is answered, in the words of the library in dockerd; undefined when it is one. */
export function refusalOf(headers: IncomingHttpHeaders): string | undefined {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 'not websocket protocol';
  if (!headers['sec-websocket-key']) return 'mismatch challenge/response';
  if (headers['sec-websocket-version'] !== '13') return 'missing or bad WebSocket Version';
  return headers['sec-websocket-protocol']?.includes(',') ? '' : undefined; // none of several protocols is ours to choose
}

/** The answer's fields to a client's handshake (section 4.2.2); throws InvalidArgument for anything else. The one protocol that a client names is spoken: bytes are bytes. */
export function handshakeFields(headers: IncomingHttpHeaders): string {
  const refusal = refusalOf(headers);
  if (refusal !== undefined) throw new InvalidArgument(refusal);
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${guid}`).digest('base64');
  const protocol = headers['sec-websocket-protocol']?.trim();
  return `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}`;
}

/** Bytes in and out of messages over `socket`, which ends with it. */
export class WebsocketStream extends Duplex {
  readonly #socket: Duplex;
  #pending = Buffer.alloc(0);

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('end', () => this.push(null));
    socket.once('close', () => this.destroy());
    socket.once('error', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.write(encodeMessage(opcodes.binary, chunk))) done();
    else this.#socket.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(encodeMessage(opcodes.close, normalClosure), () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (let message = decodeMessage(this.#pending); message; message = decodeMessage(this.#pending)) {
      this.#pending = this.#pending.subarray(message.size);
      this.#handle(message.opcode, message.payload);
    }
    if (this.#pending.length > payloadLimit + 14) this.destroy();
  }

  #handle(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#socket.write(encodeMessage(opcodes.pong, payload));
    else if (opcode === opcodes.close) this.push(null);
    else if (opcode !== opcodes.pong && payload.length > 0 && !this.push(payload)) this.#socket.pause();
  }
}

/** One unmasked message, as servers send them (section 5.2). */
export function encodeMessage(opcode: number, payload: Uint8Array): Buffer {
  const long = payload.length > 0xffff;
  const head = Buffer.alloc(payload.length < 126 ? 2 : long ? 10 : 4);
  head[0] = 0x80 | opcode;
  head[1] = payload.length < 126 ? payload.length : long ? 127 : 126;
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** The first whole message of `bytes`, unmasked, and how many bytes it took; undefined while it is incomplete. */
export function decodeMessage(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskBytes = (bytes[1] ?? 0) & 0x80 ? 4 : 0;
  const start = 2 + lengthBytes + maskBytes;
  if (bytes.length < start) return undefined;
  const length = lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return undefined;
  const mask = bytes.subarray(start - maskBytes, start);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (maskBytes > 0) for (let index = 0; index < length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, size: start + length };
}
