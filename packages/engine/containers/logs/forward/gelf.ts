/** The gelf driver: Graylog's extended log format 1.1 (docs.graylog.org, "GELF"), over UDP in chunks or TCP. */
import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { Internal } from '#base';
import { UdpSocket } from './datagram-socket.ts';
import { gelfAddress } from './gelf-address.ts';
import type { LogIdentity, LogLine, LogOptions, LogReceiver } from './port.ts';
import { StreamSocket } from './stream-socket.ts';

/** Bytes of a chunk with its header: what fits a datagram on any path. */
const chunkSize = 1420;
const chunkHeader = 12;
const mostChunks = 128;

export function gelfReceiver(identity: LogIdentity, options: LogOptions): LogReceiver {
  const { protocol, host, port } = gelfAddress(options['gelf-address'] ?? '');
  const message = (line: LogLine): Buffer => Buffer.from(JSON.stringify(gelfMessage(line, identity)));
  if (protocol === 'tcp') {
    const socket = new StreamSocket({ host, port });
    return {
      // A null byte ends each message; TCP is never compressed.
      send: (lines) => socket.write(Buffer.concat(lines.flatMap((line) => [message(line), Buffer.of(0)]))),
      [Symbol.dispose]: () => socket[Symbol.dispose](),
    };
  }
  const socket = new UdpSocket(host, port);
  return {
    async send(lines) {
      for (const line of lines) for (const chunk of gelfChunks(compress(message(line), options))) await socket.send(chunk);
    },
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}

export function gelfMessage(line: LogLine, identity: LogIdentity): Record<string, unknown> {
  return {
    version: '1.1',
    host: identity.hostname,
    short_message: line.text,
    timestamp: Number(line.time / 1_000_000n) / 1000,
    level: line.stream === 2 ? 3 : 6,
    _container_id: identity.containerId,
    _container_name: identity.containerName,
    _image_id: identity.imageId,
    _image_name: identity.imageName,
    _command: identity.command,
    _tag: identity.tag,
    _created: new Date(identity.created).toISOString(),
    ...Object.fromEntries([...identity.extra].map(([key, value]) => [key.startsWith('_') ? key : `_${key}`, value])),
  };
}

function compress(message: Buffer, options: LogOptions): Buffer {
  const level = Number(options['gelf-compression-level'] ?? 1);
  switch (options['gelf-compression-type']) {
    case 'none':
      return message;
    case 'zlib':
      return deflateSync(message, { level });
    default:
      return gzipSync(message, { level });
  }
}

/** A message that fits goes as it is; a longer one in chunks: 0x1e 0x0f, eight bytes of id, number, count. Throws Internal for more than 128. */
export function gelfChunks(message: Buffer): Buffer[] {
  if (message.length <= chunkSize) return [message];
  const room = chunkSize - chunkHeader;
  const count = Math.ceil(message.length / room);
  if (count > mostChunks) throw new Internal(`gelf: a message of ${message.length} bytes does not fit ${mostChunks} chunks`);
  const id = randomBytes(8);
  return Array.from({ length: count }, (_, number) =>
    Buffer.concat([Buffer.of(0x1e, 0x0f), id, Buffer.of(number, count), message.subarray(number * room, (number + 1) * room)]),
  );
}
