/**
 * Docker's stream framing (the "stdcopy" format of attach, logs and exec): each piece of output is preceded by eight
 * bytes, `[stream, 0, 0, 0, length as 32 bits big endian]`; stream 1 is stdout, 2 stderr, 3 an error of the daemon.
 * Containers with a terminal have one stream and no frames.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';

export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';
export const rawStream = 'application/vnd.docker.raw-stream';

/** The frame of one piece of output. */
export function frame(stream: 1 | 2 | 3, bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(8 + bytes.length);
  framed.writeUInt32BE(stream << 24, 0);
  framed.writeUInt32BE(bytes.length, 4);
  framed.set(bytes, 8);
  return framed;
}

/** Writes and, when the reader is slower, waits for it. False when the reader is gone. */
export async function writeOrWait(to: Writable, bytes: Uint8Array | string, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted || to.destroyed) return false;
  if (to.write(bytes)) return true;
  try {
    await once(to, 'drain', { signal });
    return true;
  } catch {
    return false;
  }
}

/**
 * writeOrWait for an answer that comes as many small texts over a long time (RFC 9112, 7.1): the chunk goes to the
 * connection as one string. Node would have four pieces wait for each other and costs three times that.
 */
export function writeChunk(to: ServerResponse, text: string, signal: AbortSignal): Promise<boolean> {
  const { socket } = to;
  const direct = socket && to.headersSent && to.chunkedEncoding && to.writableLength === 0;
  return direct ? writeOrWait(socket, `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`, signal) : writeOrWait(to, text, signal);
}
