/** The syslog driver: RFC 3164, RFC 5424 and the C library's own form, over the local socket, unix, UDP, TCP and TLS (RFC 5425). */
import { existsSync, readFileSync } from 'node:fs';
import { errnoOf, Internal } from '#base';
import { connectDatagram, type DatagramSocket } from '#kernel';
import { UdpSocket } from './datagram-socket.ts';
import type { LogIdentity, LogOptions, LogReceiver } from './port.ts';
import { StreamSocket } from './stream-socket.ts';
import { syslogMessage } from './syslog-message.ts';
import { syslogAddress, syslogFacility, syslogFormat, type SyslogAddress } from './syslog-options.ts';

/** Where the C library looks for the host's own. */
const localSockets = ['/dev/log', '/var/run/syslog', '/var/run/log'];

/** Throws Internal when the host has no syslog of its own and none was named. */
export function syslogReceiver(identity: LogIdentity, options: LogOptions): LogReceiver {
  const address = syslogAddress(options['syslog-address'] ?? '');
  const facility = syslogFacility(options['syslog-facility'] ?? '');
  const format = syslogFormat(options['syslog-format'] ?? '');
  const transport = transportOf(address, options);
  const counted = address.protocol === 'tcp+tls' && format.startsWith('rfc5424');
  return {
    async send(lines) {
      for (const line of lines) {
        const message = Buffer.from(syslogMessage(line, { identity, facility, format }));
        await transport.send(counted ? Buffer.concat([Buffer.from(`${message.length} `), message]) : message);
      }
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

interface Transport extends Disposable {
  send(bytes: Uint8Array): Promise<void>;
}

function transportOf(address: SyslogAddress, options: LogOptions): Transport {
  switch (address.protocol) {
    case 'local':
      return datagrams(localSocket(), 'local');
    case 'unixgram':
      return datagrams(address.path, 'unixgram');
    case 'udp':
      return new UdpSocket(address.host, address.port);
    case 'unix':
      return stream(new StreamSocket({ path: address.path }));
    case 'tcp':
      return stream(new StreamSocket(address));
    case 'tcp+tls':
      return stream(new StreamSocket({ ...address, tls: tlsOptions(options) }));
  }
}

function localSocket(): string {
  const path = localSockets.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Internal('failed to initialize logging driver: Unix syslog delivery error');
  return path;
}

/** The host's own socket may be of either kind. */
function datagrams(path: string, kind: 'local' | 'unixgram'): Transport {
  let socket: DatagramSocket | undefined;
  let other: StreamSocket | undefined;
  const send = async (bytes: Uint8Array): Promise<void> => {
    if (other) return other.write(bytes);
    try {
      socket ??= connectDatagram(path);
      socket.send(bytes);
    } catch (error) {
      socket?.[Symbol.dispose]();
      socket = undefined;
      if (kind !== 'local' || errnoOf(error) !== 'EPROTOTYPE') throw error;
      other = new StreamSocket({ path });
      await other.write(bytes);
    }
  };
  return {
    send,
    [Symbol.dispose]() {
      socket?.[Symbol.dispose]();
      other?.[Symbol.dispose]();
    },
  };
}

function stream(socket: StreamSocket): Transport {
  return { send: (bytes) => socket.write(bytes), [Symbol.dispose]: () => socket[Symbol.dispose]() };
}

function tlsOptions(options: LogOptions): { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized: boolean } {
  const file = (name: string): Buffer | undefined => (options[name] ? readFileSync(options[name]) : undefined);
  const [ca, cert, key] = [file('syslog-tls-ca-cert'), file('syslog-tls-cert'), file('syslog-tls-key')];
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized: options['syslog-tls-skip-verify'] === undefined };
}
