/** A connection to the daemon that stops being HTTP: attach and exec as the real client opens them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Daemon } from './daemon.ts';

export interface Hijacked {
  /** Status line and headers. */
  readonly head: string;
  write(text: string): void;
  /** Half-close: the process sees the end of its input. */
  end(): void;
  destroy(): void;
  /** What came so far, as text. */
  text(): string;
  /** Everything until the end, cut into `[stream, text]`; neighbours of one stream joined. */
  frames(): Promise<[number, string][]>;
  readonly closed: Promise<unknown>;
}

/** Sends a POST, with `Upgrade: tcp` unless told otherwise, and reads the answer's head. */
export async function hijack(daemon: Daemon, path: string, options: { body?: object; upgrade?: boolean } = {}): Promise<Hijacked> {
  const socket = connect({ path: daemon.host.replace('unix://', ''), allowHalfOpen: true });
  const body = options.body === undefined ? '' : JSON.stringify(options.body);
  const upgrade = options.upgrade === false ? '' : 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
  socket.write(`POST ${path} HTTP/1.1\r\nHost: naru\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${upgrade}\r\n${body}`);
  const bytes = await readHead(socket);
  const end = bytes.indexOf('\r\n\r\n') + 4;
  return overSocket(socket, bytes.subarray(0, end).toString(), bytes.subarray(end));
}

async function readHead(socket: Socket): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (!bytes.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  return bytes;
}

function overSocket(socket: Socket, head: string, first: Buffer): Hijacked {
  const chunks = [first];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, 'end').then(() => socket.end());
  return {
    head,
    closed,
    write: (text) => void socket.write(text),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    text: () => Buffer.concat(chunks).toString(),
    async frames() {
      await closed;
      return unframe(Buffer.concat(chunks));
    },
  };
}

function unframe(bytes: Buffer): [number, string][] {
  const frames: [number, string][] = [];
  for (let at = 0; at < bytes.length; ) {
    const stream = bytes.readUInt8(at);
    const length = bytes.readUInt32BE(at + 4);
    const text = bytes.subarray(at + 8, at + 8 + length).toString();
    const last = frames.at(-1);
    if (last?.[0] === stream) last[1] += text;
    else frames.push([stream, text]);
    at += 8 + length;
  }
  return frames;
}
