/** The journald driver: systemd's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), one datagram a line. */
import { existsSync } from 'node:fs';
import { Internal } from '#base';
import { connectDatagram, type DatagramSocket } from '#kernel';
import type { LogIdentity, LogLine, LogReceiver } from './port.ts';

/** Throws Internal, in Docker's words, on a host without a journal. */
export function journaldReceiver(identity: LogIdentity, socketPath: string): LogReceiver {
  if (!existsSync(socketPath)) throw new Internal('failed to initialize logging driver: journald is not enabled on this host');
  const fixed = fixedFields(identity);
  let socket: DatagramSocket | undefined;
  const close = (): void => {
    socket?.[Symbol.dispose]();
    socket = undefined;
  };
  return {
    async send(lines) {
      try {
        socket ??= connectDatagram(socketPath);
        for (const line of lines) socket.send(journalMessage(line, fixed));
      } catch (error) {
        close();
        throw error;
      }
    },
    [Symbol.dispose]: close,
  };
}

function fixedFields(identity: LogIdentity): ReadonlyMap<string, string> {
  return new Map([
    ['CONTAINER_ID', identity.containerId.slice(0, 12)],
    ['CONTAINER_ID_FULL', identity.containerId],
    ['CONTAINER_NAME', identity.containerName],
    ['CONTAINER_TAG', identity.tag],
    ['IMAGE_NAME', identity.imageName],
    ['SYSLOG_IDENTIFIER', identity.tag],
    ...[...identity.extra].map(([key, value]): [string, string] => [fieldName(key), value]),
  ]);
}

/** `KEY=value\n`; a value with newlines goes as its length in 64 bits, little endian, and its bytes. */
export function journalMessage(line: LogLine, fixed: ReadonlyMap<string, string>): Buffer {
  const { partial } = line;
  const fields: [string, string][] = [
    ['MESSAGE', line.text],
    ['PRIORITY', line.stream === 2 ? '3' : '6'],
    ['SYSLOG_TIMESTAMP', new Date(Number(line.time / 1_000_000n)).toISOString().replace(/\.\d+Z$/, `.${String(line.time % 1_000_000_000n).padStart(9, '0')}Z`)],
    ...fixed,
  ];
  if (partial) {
    fields.push(['CONTAINER_PARTIAL_ID', partial.id], ['CONTAINER_PARTIAL_ORDINAL', String(partial.ordinal)], ['CONTAINER_PARTIAL_LAST', String(partial.last)]);
    if (!partial.last) fields.push(['CONTAINER_PARTIAL_MESSAGE', 'true']);
  }
  return Buffer.concat(fields.map(([key, value]) => field(key, value)));
}

function field(key: string, value: string): Buffer {
  if (!value.includes('\n')) return Buffer.from(`${key}=${value}\n`);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${key}\n`), length, bytes, Buffer.from('\n')]);
}

/** Capital letters, digits, underscores, not beginning with one. */
export function fieldName(key: string): string {
  return key.toUpperCase().replace(/[^A-Z0-9]/g, '_').replace(/^_+/, '');
}
