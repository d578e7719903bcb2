/** The fluentd driver: the forward protocol, version 1, in message mode: `[tag, time, record, option]` in MessagePack. */
import { randomBytes } from 'node:crypto';
import { parseDuration, Unavailable } from '#base';
import { fluentdAddress, type FluentdAddress } from './fluentd-address.ts';
import { pack, packEventTime, type Packable } from './msgpack.ts';
import { parseSwitch } from './options.ts';
import type { LogIdentity, LogLine, LogOptions, LogReceiver } from './port.ts';
import { StreamSocket, type Patience, type StreamTarget } from './stream-socket.ts';

export function fluentdReceiver(identity: LogIdentity, options: LogOptions): LogReceiver {
  const socket = new StreamSocket(targetOf(fluentdAddress(options['fluentd-address'] ?? '')), patienceOf(options));
  const precise = parseSwitch(options['fluentd-sub-second-precision'] ?? '');
  const asked = parseSwitch(options['fluentd-request-ack'] ?? '');
  return {
    async send(lines) {
      if (!asked) return socket.write(Buffer.concat(lines.map((line) => fluentdMessage(line, identity, { precise }))));
      for (const line of lines) await sendAndWait(socket, line, identity, precise);
    },
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}

function targetOf(address: FluentdAddress): StreamTarget {
  if (address.protocol === 'unix') return { path: address.path };
  return { host: address.host, port: address.port, ...(address.protocol === 'tls' && { tls: {} }) };
}

/** 0, and what is not given, leave it to the socket. */
function patienceOf(options: LogOptions): Patience {
  const milliseconds = (name: string): number | undefined => Math.max(0, Math.round(parseDuration(options[name] || '0s') / 1e6)) || undefined;
  return { write: milliseconds('fluentd-write-timeout'), read: milliseconds('fluentd-read-timeout'), age: milliseconds('fluentd-async-reconnect-interval') };
}

/** The receiver answers with the chunk's name once the message is safe with it. */
async function sendAndWait(socket: StreamSocket, line: LogLine, identity: LogIdentity, precise: boolean): Promise<void> {
  const chunk = randomBytes(16).toString('base64');
  await socket.write(fluentdMessage(line, identity, { precise, chunk }));
  const answer = await socket.read();
  if (!answer.includes(chunk)) {
    socket[Symbol.dispose]();
    throw new Unavailable('fluentd acknowledged another message');
  }
}

export function fluentdMessage(line: LogLine, identity: LogIdentity, { precise, chunk }: { precise: boolean; chunk?: string }): Buffer {
  const { partial } = line;
  const record = new Map<string, Packable>([
    ['container_id', identity.containerId],
    ['container_name', `/${identity.containerName}`],
    ['source', line.stream === 2 ? 'stderr' : 'stdout'],
    ['log', line.text],
    ...identity.extra,
  ]);
  if (partial) {
    record.set('partial_message', 'true').set('partial_id', partial.id).set('partial_ordinal', String(partial.ordinal)).set('partial_last', String(partial.last));
  }
  const time = precise ? packEventTime(line.time) : Number(line.time / 1_000_000_000n);
  return pack([identity.tag, time, record, new Map(chunk === undefined ? [] : [['chunk', chunk]])]);
}
