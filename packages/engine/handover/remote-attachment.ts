/** An attachment whose container the newest daemon will start: its streams come through the carried socket. */
import type { Socket } from 'node:net';
import type { Attachment, OutputChunk } from '#runtime';
import { dialNewest } from './dial.ts';
import { carriedHeader } from './succession.ts';

/** Attaches before the start; resolves once the newest daemon holds the place. */
export async function attachAtSuccessor(
  path: string,
  id: string,
  streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
  tty: boolean,
): Promise<Attachment> {
  const socket = await dialNewest(path);
  const query = `stream=1&stdin=${streams.stdin}&stdout=${streams.stdout}&stderr=${streams.stderr}`;
  socket.write(`POST /containers/${id}/attach?${query} HTTP/1.1\r\nHost: naru\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n${carriedHeader}: 1\r\nContent-Length: 0\r\n\r\n`);
  const rest = await answerOf(socket);
  return {
    stdin: streams.stdin ? socket : undefined,
    output: chunksOf(socket, rest, tty),
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
}

/** Reads past the answer's head; what came behind it is output. */
async function answerOf(socket: Socket): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end >= 0) return bytes.subarray(end + 4);
    const chunk = socket.read() as Buffer | null;
    if (chunk) bytes = Buffer.concat([bytes, chunk]);
    else await new Promise((resolve) => socket.once('readable', resolve).once('end', resolve).once('close', resolve));
    if (!chunk && (socket.destroyed || socket.readableEnded)) return Buffer.alloc(0);
  }
}

async function* chunksOf(socket: Socket, first: Buffer, tty: boolean): AsyncGenerator<OutputChunk> {
  let pending = first;
  if (tty && pending.length > 0) yield { stream: 1, bytes: pending };
  if (!tty) pending = Buffer.from(yield* framesIn(pending));
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    if (tty) yield { stream: 1, bytes: chunk };
    else pending = Buffer.from(yield* framesIn(Buffer.concat([pending, chunk])));
  }
}

/** Yields every whole frame; returns what is left. */
function* framesIn(bytes: Buffer): Generator<OutputChunk, Buffer> {
  let rest = bytes;
  while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
    const end = 8 + rest.readUInt32BE(4);
    yield { stream: rest[0] === 2 ? 2 : 1, bytes: rest.subarray(8, end) };
    rest = rest.subarray(end);
  }
  return rest;
}
