/** The syslog driver's address, facility and format. */
import { statSync } from 'node:fs';
import { InvalidArgument } from '#base';
import { isTransportUrl, splitTransport } from './transport.ts';

export type SyslogAddress =
  | { readonly protocol: 'local' }
  | { readonly protocol: 'unix' | 'unixgram'; readonly path: string }
  | { readonly protocol: 'tcp' | 'tcp+tls' | 'udp'; readonly host: string; readonly port: number };

/** Throws InvalidArgument; '' is the host's own syslog. */
export function syslogAddress(text: string): SyslogAddress {
  if (text === '') return { protocol: 'local' };
  const parts = isTransportUrl(text) ? splitTransport(text) : undefined;
  if (!parts || parts.protocol === 'tls') throw new InvalidArgument(`syslog-address should be in form proto://address, got ${text}`);
  const { host, port, path } = parts;
  if (parts.protocol === 'unix' || parts.protocol === 'unixgram') {
    if (!statSync(path, { throwIfNoEntry: false })) throw new InvalidArgument(`stat ${path}: no such file or directory`);
    return { protocol: parts.protocol, path };
  }
  return { protocol: parts.protocol as 'tcp' | 'tcp+tls' | 'udp', host: host || '127.0.0.1', port: port === '' ? 514 : Number(port) };
}

/** RFC 5424, table 1; the gap is what the C library has no names for. */
const facilities = [
  'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', '', '', '', '',
  'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7',
];

/** By name or number, `daemon` unless said. Throws InvalidArgument. */
export function syslogFacility(text: string): number {
  if (text === '') return 3;
  const found = facilities.indexOf(text);
  if (found >= 0) return found;
  if (/^\d+$/.test(text) && Number(text) <= 23) return Number(text);
  throw new InvalidArgument('invalid syslog facility');
}

export type SyslogFormat = 'unix' | 'rfc3164' | 'rfc5424' | 'rfc5424micro';

/** Throws InvalidArgument. */
export function syslogFormat(text: string): SyslogFormat {
  if (text === '') return 'unix';
  if (text === 'rfc3164' || text === 'rfc5424' || text === 'rfc5424micro') return text;
  throw new InvalidArgument('Invalid syslog format');
}
